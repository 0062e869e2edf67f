package io.github.leaderelector.leadership;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The last known state of the Lease, or of its absence; immutable.
 *
 * @param holder its {@code holderIdentity}; null if there is no holder or no Lease
 * @param term its {@code leaseTransitions}
 * @param resourceVersion its version; for an absent Lease a lower bound of the version at which it went away
 * @param renewTime its {@code renewTime}, a time on the holder's wall clock, for display only
 * @param observedNanos the local monotonic time, in nanoseconds, at which this state was first seen
 * @param expiresNanos the local monotonic time, in nanoseconds, at which it is free for others
 */
public record ObservedLease(
        @Nullable String holder,
        int term,
        long resourceVersion,
        @Nullable Instant renewTime,
        long observedNanos,
        long expiresNanos) {}
