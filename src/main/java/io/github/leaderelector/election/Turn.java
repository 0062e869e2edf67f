package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.util.random.RandomGenerator;

/**
 * Decides when this replica may try to take the Lease: at once if it is free and it is our turn; at the observed expiry
 * if its holder stopped renewing; never while another holds it. Without a trusted watch, an attempt is made once in a
 * retry period, to read the Lease. For the election's thread only.
 */
final class Turn {

    private final LeaseView view;
    private final Succession succession;
    private final Ticker ticker;
    private final RandomGenerator random;
    private final long retryPeriod;

    /** The version of the Lease at the last attempt. */
    private long triedVersion = -1;
    /** When the next attempt may be made, unless the Lease changes before. */
    private long notBeforeNanos;

    private boolean wasCurrent;

    Turn(Timings timings, LeaseView view, Succession succession, Ticker ticker, RandomGenerator random) {
        this.view = view;
        this.succession = succession;
        this.ticker = ticker;
        this.random = random;
        this.retryPeriod = timings.retryPeriod().toNanos();
        this.notBeforeNanos = ticker.nanoTime();
    }

    /** Records that an attempt is made now. */
    void attempted() {
        triedVersion = view.version();
        notBeforeNanos = ticker.nanoTime() + retryPeriod / 2 + random.nextLong(retryPeriod / 2);
    }

    /** Forgets earlier attempts. */
    void forgetAttempts() {
        triedVersion = -1;
    }

    /** Records that the view has changed: without its watch, the next attempt is not made at once. */
    void viewChanged() {
        if (wasCurrent && !view.current()) {
            // The watches of all replicas may have broken at the same moment.
            notBeforeNanos = later(notBeforeNanos, ticker.nanoTime() + random.nextLong(retryPeriod / 2));
        }
        wasCurrent = view.current();
    }

    /** The monotonic time, in nanoseconds, at which the next attempt is due; may be in the past. */
    long dueNanos() {
        long next = view.version() == triedVersion ? notBeforeNanos : ticker.nanoTime();
        Standing standing = view.standing();
        if (standing instanceof Standing.Free free) {
            return later(free.sinceNanos() + (free.contested() ? pauseNanos() : 0), next);
        }
        if (standing instanceof Standing.Lapsed lapsed) {
            return later(lapsed.sinceNanos() + pauseNanos(), next);
        }
        if (standing instanceof Standing.Held held) {
            long expiry = held.untilNanos() + pauseNanos();
            return view.current() || expiry - notBeforeNanos < 0 ? expiry : notBeforeNanos;
        }
        return next;
    }

    private long pauseNanos() {
        return succession.pause().toNanos();
    }

    private static long later(long a, long b) {
        return a - b > 0 ? a : b;
    }
}
