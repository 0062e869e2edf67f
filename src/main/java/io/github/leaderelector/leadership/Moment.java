package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;

/**
 * One reading of both clocks of a {@link Ticker}.
 *
 * @param nanos the monotonic clock, in nanoseconds
 * @param wall the wall clock
 */
public record Moment(long nanos, Instant wall) {

    /** The time from {@code earlier} to this moment by the monotonic clock. */
    public Duration since(Moment earlier) {
        return Duration.ofNanos(nanos - earlier.nanos);
    }

    /**
     * How far the wall clock has run ahead of the monotonic clock since {@code earlier}; never negative. The time that
     * the machine was suspended is in it, but so is any step of the wall clock.
     */
    public Duration suspendedSince(Moment earlier) {
        Duration ahead = Duration.between(earlier.wall, wall).minus(since(earlier));
        return ahead.isNegative() ? Duration.ZERO : ahead;
    }
}
