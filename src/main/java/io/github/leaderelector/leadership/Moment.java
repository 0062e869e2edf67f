package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;

/**
 * One reading of both clocks of a {@link Ticker}.
 *
 * @param nanos the monotonic clock, in nanoseconds
 * @param wall the wall clock
 * @param suspended the total time by which the ticker has seen the wall clock run ahead of the monotonic one; only
 *     differences between moments of one ticker have a meaning
 */
public record Moment(long nanos, Instant wall, Duration suspended) {

    /** A reading of clocks without a record of suspensions. */
    public Moment(long nanos, Instant wall) {
        this(nanos, wall, Duration.ZERO);
    }

    /** The time from {@code earlier} to this moment by the monotonic clock. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    /**
     * For how long the machine may have been suspended since {@code earlier}; never negative. This is the time by which
     * the wall clock ran ahead of the monotonic one between the two moments, or between any two readings in between. A
     * step of the wall clock forward counts, too; a step back does not reduce it.
     */
    public Duration suspendedSince(Moment earlier) {
        Duration inAll = ranAheadSince(earlier);
        Duration fromLookToLook = suspended.minus(earlier.suspended);
        Duration longer = inAll.compareTo(fromLookToLook) > 0 ? inAll : fromLookToLook;
        return longer.isNegative() ? Duration.ZERO : longer;
    }

    /** The time by which the wall clock ran ahead of the monotonic one; negative if it fell behind or was set back. */
    Duration ranAheadSince(Moment earlier) {
        return Duration.between(earlier.wall, wall).minus(since(earlier));
    }
}
