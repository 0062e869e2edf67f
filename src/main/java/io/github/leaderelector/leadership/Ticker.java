package io.github.leaderelector.leadership;

import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The source of time: a monotonic clock that decides, and a wall clock that is shown to people.
 *
 * <p>The wall clock decides nothing but one thing: when it runs ahead of the monotonic clock, the machine may have been
 * suspended, during which the monotonic clock of Linux stands still (see {@link Moment#suspendedSince}).
 * Implementations are safe for use by many threads.
 */
public interface Ticker {

    /** A reading of the monotonic clock, in nanoseconds from an arbitrary origin; only differences mean anything. */
    long nanoTime();

    /** A reading of the wall clock. */
    Instant wallTime();

    /** A reading of both clocks. */
    default Moment now() {
        return new Moment(nanoTime(), wallTime());
    }

    /** The clocks of this machine, watched for suspensions from look to look: one ticker for the whole process. */
    static Ticker system() {
        return watching(System::nanoTime, Instant::now);
    }

    /** These two clocks, watched for suspensions from look to look. */
    static Ticker watching(LongSupplier monotonic, Supplier<Instant> wall) {
        return new WatchedClocks(monotonic, wall);
    }
}
