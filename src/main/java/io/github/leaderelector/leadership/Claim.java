package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;

/**
 * The claim "I lead", with its end; immutable.
 *
 * @param fencingToken the {@code resourceVersion} of the write that began the tenure; greater than that of every
 *     earlier tenure of the Lease, of any holder
 * @param since when the tenure began, by the wall clock
 * @param sent when the last acknowledged write of the Lease was <em>sent</em>; other replicas always count from a later
 *     moment
 * @param length how long the claim holds from {@code sent} on: the renew deadline
 */
public record Claim(long fencingToken, Instant since, Moment sent, Duration length) {

    /**
     * The remaining time of the claim at {@code now}; zero when it has ended.
     *
     * <p>Time by which the wall clock ran ahead of the monotonic clock counts as passed: a suspended machine stops its
     * monotonic clock, but not the clocks of other machines.
     */
    public Duration remaining(Moment now) {
        Duration left = length.minus(now.since(sent)).minus(now.suspendedSince(sent));
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** Whether the claim still holds at {@code now}. */
    public boolean holds(Moment now) {
        return !remaining(now).isZero();
    }

    /** The monotonic time, in nanoseconds, at which the claim ends unless it is renewed. */
    public long validUntilNanos() {
        return sent.nanos() + length.toNanos();
    }

    /** This claim, renewed by a later acknowledged write. */
    Claim renewed(Moment laterSent) {
        return laterSent.nanos() - sent.nanos() > 0 ? new Claim(fencingToken, since, laterSent, length) : this;
    }
}
