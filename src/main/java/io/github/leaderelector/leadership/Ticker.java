package io.github.leaderelector.leadership;

import java.time.Instant;

/**
 * The source of time: a monotonic clock that decides, and a wall clock that is shown to people.
 *
 * <p>The wall clock decides nothing but one thing: when it runs ahead of the monotonic clock, the machine may have been
 * suspended, during which the monotonic clock of Linux stands still (see {@link Claim#remaining}). Implementations are
 * safe for use by many threads.
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

    /** The clocks of this machine. */
    static Ticker system() {
        return new Ticker() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public Instant wallTime() {
                return Instant.now();
            }
        };
    }
}
