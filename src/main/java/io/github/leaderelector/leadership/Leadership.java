package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The state of this replica in the election at one moment; immutable.
 *
 * <p>Whether this process leads depends on the time, so it is not a component: call {@link #leads} with the current
 * moment.
 *
 * @param identity our identity
 * @param lease the Lease
 * @param phase our phase
 * @param claim our claim; present exactly in phase {@link Phase#LEADING}
 * @param observed the last known state of the Lease; null until it was first seen, or first found absent
 * @param since when this phase, under this holder, began
 * @param reason why we lead or do not
 * @param problem the last failure of a request to the API server, one sentence; null if the last request succeeded
 */
public record Leadership(
        String identity,
        LeaseRef lease,
        Phase phase,
        @Nullable Claim claim,
        @Nullable ObservedLease observed,
        Moment since,
        Reason reason,
        @Nullable String problem) {

    /** The initial state of a candidate that has not seen the Lease yet. */
    public static Leadership unknown(String identity, LeaseRef lease, Moment now) {
        return new Leadership(
                identity,
                lease,
                Phase.UNKNOWN,
                null,
                null,
                now,
                new Reason(Reason.Code.STARTING, "The state of the Lease has not been seen yet."),
                null);
    }

    /** Whether this process leads at {@code now}. */
    public boolean leads(Moment now) {
        return claim != null && claim.holds(now);
    }

    /** The remaining time of the claim at {@code now}; zero if there is none. */
    public Duration validFor(Moment now) {
        return claim == null ? Duration.ZERO : claim.remaining(now);
    }

    /** The fencing token, only while this process leads. */
    public OptionalLong fencingToken(Moment now) {
        return claim != null && claim.holds(now) ? OptionalLong.of(claim.fencingToken()) : OptionalLong.empty();
    }

    /** The last known holder of the Lease; null if there is none, or if nothing was seen. */
    public @Nullable String holder() {
        return observed == null ? null : observed.holder();
    }

    /** {@link #holder}, made safe to show: other clients can write any text into a Lease. */
    public @Nullable String shownHolder() {
        @Nullable String holder = holder();
        return holder == null ? null : ForeignText.name(holder);
    }

    /** The Lease's {@code leaseTransitions}; 0 when nothing was seen. */
    public int term() {
        return observed == null ? 0 : observed.term();
    }

    /** Whether the state of the Lease, or its absence, has been seen at least once. */
    public boolean seen() {
        return observed != null;
    }

    /**
     * For how long no leader has been known at {@code now}: zero while this process leads, or while another holds a
     * Lease that has not expired.
     */
    public Duration leaderlessFor(Moment now) {
        if (leads(now)) {
            return Duration.ZERO;
        }
        long from;
        if (claim != null) {
            from = claim.validUntilNanos();
        } else if (observed == null || identity.equals(observed.holder())) {
            from = since.nanos();
        } else if (observed.holder() == null) {
            from = observed.observedNanos();
        } else {
            from = observed.expiresNanos();
        }
        return Duration.ofNanos(Math.max(0, now.nanos() - from));
    }
}
