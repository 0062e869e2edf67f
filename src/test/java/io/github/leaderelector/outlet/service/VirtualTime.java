package io.github.leaderelector.outlet.service;

import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that stands still while anything happens, and jumps to what happens next. */
final class VirtualTime implements Ticker, Scheduler {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::nanos).thenComparingLong(Event::sequence));
    private long nanos;
    private long sequence;

    private record Event(long nanos, long sequence, Runnable task) {}

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Instant wallTime() {
        return BEGIN.plusNanos(nanos);
    }

    @Override
    public void in(Duration delay, Runnable task) {
        events.add(new Event(nanos + delay.toNanos(), ++sequence, task));
    }

    /** Lets {@code time} pass, and all that is to happen in it happen. */
    void pass(Duration time) {
        long end = nanos + time.toNanos();
        while (!events.isEmpty() && events.element().nanos() <= end) {
            Event next = events.remove();
            nanos = next.nanos();
            next.task().run();
        }
        nanos = end;
    }
}
