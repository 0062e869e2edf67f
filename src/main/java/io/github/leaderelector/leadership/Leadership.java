package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the lead at one moment; immutable.
 *
 * <p>Whether this process leads is a question of time, so there is no such component: ask {@link #leads} with the
 * moment of asking.
 *
 * @param identity who we are
 * @param lease which Lease
 * @param phase where we stand
 * @param claim our claim; present exactly in phase {@link Phase#LEADING}
 * @param observed what was last seen of the Lease; null until it was seen, or found absent, once
 * @param since when this phase, under this holder, began
 * @param reason why we lead or do not
 * @param problem what the API server last refused or failed to do, one sentence; null when its last answer was a good
 *     one
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

    /** The first state of a candidate that has seen nothing yet. */
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

    /** What is left of the claim at {@code now}; zero when there is none. */
    public Duration validFor(Moment now) {
        return claim == null ? Duration.ZERO : claim.remaining(now);
    }

    /** The fencing token, only while this process leads. */
    public OptionalLong fencingToken(Moment now) {
        return claim != null && claim.holds(now) ? OptionalLong.of(claim.fencingToken()) : OptionalLong.empty();
    }

    /** Who holds the Lease as far as was seen; null when nobody does or nothing was seen. */
    public @Nullable String holder() {
        return observed == null ? null : observed.holder();
    }

    /** {@link #holder}, fit to be shown to anybody: what others write into a Lease may be anything. */
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
     * How long no leader has been known at {@code now}: zero while this process leads or another holds a Lease that has
     * not expired.
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
