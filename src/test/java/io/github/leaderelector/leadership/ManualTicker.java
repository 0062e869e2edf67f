package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

/** Clocks that move only when a test moves them. Safe for use by many threads. */
public final class ManualTicker implements Ticker {

    /** The first reading of the wall clock. */
    public static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    // Negative and far from zero, because the origin of nanoTime is arbitrary.
    private final AtomicReference<Moment> now = new AtomicReference<>(new Moment(-1_000_000, START));

    @Override
    public long nanoTime() {
        return now.get().nanos();
    }

    @Override
    public Instant wallTime() {
        return now.get().wall();
    }

    @Override
    public Moment now() {
        return now.get();
    }

    /** Lets both clocks run. */
    public void advance(Duration time) {
        now.updateAndGet(m -> new Moment(m.nanos() + time.toNanos(), m.wall().plus(time)));
    }

    /** Steps the wall clock only, as suspending the machine or setting the clock does. */
    public void stepWall(Duration time) {
        now.updateAndGet(m -> new Moment(m.nanos(), m.wall().plus(time)));
    }

    /** Sets both clocks. */
    public void set(Moment moment) {
        now.set(moment);
    }
}
