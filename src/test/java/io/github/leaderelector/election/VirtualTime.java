package io.github.leaderelector.election;

import java.util.PriorityQueue;

/** Time that jumps from one event to the next. Single-threaded. */
final class VirtualTime {

    /** An event that may still be called off. */
    static final class Event implements Comparable<Event> {
        final long at;
        private final long order;
        private final Runnable task;
        private boolean cancelled;

        private Event(long at, long order, Runnable task) {
            this.at = at;
            this.order = order;
            this.task = task;
        }

        void cancel() {
            cancelled = true;
        }

        @Override
        public int compareTo(Event other) {
            return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long order;

    /** Nanoseconds since the beginning. */
    long now() {
        return now;
    }

    Event at(long time, Runnable task) {
        Event event = new Event(Math.max(time, now), order++, task);
        events.add(event);
        return event;
    }

    Event in(long nanos, Runnable task) {
        return at(now + nanos, task);
    }

    /** Runs all events up to {@code end}, and {@code afterEach} after each of them. */
    void runUntil(long end, Runnable afterEach) {
        for (Event next = events.peek(); next != null && next.at <= end; next = events.peek()) {
            events.poll();
            if (!next.cancelled) {
                now = next.at;
                next.task.run();
                afterEach.run();
            }
        }
        now = end;
    }
}
