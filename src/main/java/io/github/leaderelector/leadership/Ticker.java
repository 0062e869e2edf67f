package io.github.leaderelector.leadership;

import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The source of time: a monotonic clock for decisions, and a wall clock for display.
 *
 * <p>The wall clock is used for one decision only: if it runs ahead of the monotonic clock, the machine may have been
 * suspended, because the monotonic clock of Linux stops during that time (see {@link Moment#suspendedSince}).
 * Implementations are safe for use by many threads.
 */
public interface Ticker {

    /** A reading of the monotonic clock, in nanoseconds from an arbitrary origin; only differences have a meaning. */
    long nanoTime();

    /** A reading of the wall clock. */
    Instant wallTime();

    /** A reading of both clocks. */
    default Moment now() {
        return new Moment(nanoTime(), wallTime());
    }

    /**
     * The clocks of this machine, compared at each reading to notice suspensions. Use one ticker for the whole process.
     */
    static Ticker system() {
        return watching(System::nanoTime, Instant::now);
    }

    /** A ticker of these two clocks, compared at each reading to notice suspensions. */
    static Ticker watching(LongSupplier monotonic, Supplier<Instant> wall) {
        return new WatchedClocks(monotonic, wall);
    }
}
