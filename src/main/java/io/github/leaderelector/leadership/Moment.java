package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;

/**
 * One reading of both clocks of a {@link Ticker}.
 *
 * @param nanos the monotonic clock, in nanoseconds
 * @param wall the wall clock
 * @param suspended for how long the ticker has seen the wall clock run ahead of the monotonic one, all in all; only
 *     differences mean anything, and only between moments of one ticker
 */
public record Moment(long nanos, Instant wall, Duration suspended) {

    /** A reading of clocks that nobody watched before. */
    public Moment(long nanos, Instant wall) {
        this(nanos, wall, Duration.ZERO);
    }

    /** The time from {@code earlier} to this moment by the monotonic clock. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    /**
     * For how long the machine may have been suspended since {@code earlier}; never negative. It is how far the wall
     * clock ran ahead of the monotonic one, between the two moments or between any two looks in between. A step of the
     * wall clock forward is in it, too; a step back takes nothing off.
     */
    public Duration suspendedSince(Moment earlier) {
        Duration inAll = ranAheadSince(earlier);
        Duration fromLookToLook = suspended.minus(earlier.suspended);
        Duration longer = inAll.compareTo(fromLookToLook) > 0 ? inAll : fromLookToLook;
        return longer.isNegative() ? Duration.ZERO : longer;
    }

    /** How far the wall clock ran ahead of the monotonic one; negative if it fell behind or was set back. */
    Duration ranAheadSince(Moment earlier) {
        return Duration.between(earlier.wall, wall).minus(since(earlier));
    }
}
