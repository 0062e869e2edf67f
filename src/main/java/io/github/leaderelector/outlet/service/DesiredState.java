package io.github.leaderelector.outlet.service;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import java.time.Duration;

/**
 * The desired state of the Service's slices; immutable, a pure function of the leadership and of time.
 *
 * @param kind the kind of the desired state
 * @param token the fencing token of the last tenure of this replica; 0 if there is none
 * @param endedNanos when that tenure ended, on the monotonic clock; undefined before its end
 * @param awaitsReplacement whether another replica leads, which has to write the slices
 * @param pause how long this state is valid if nothing changes; zero for no limit
 */
record DesiredState(Kind kind, long token, long endedNanos, boolean awaitsReplacement, Duration pause) {

    /**
     * How long the address of a former leader stays while no other leader is known. A successor is usually seen sooner.
     * After this time and the time of the request, the address is removed within a second.
     */
    static final Duration VACANCY = Duration.ofMillis(500);

    /**
     * How long it stays while another replica leads. A leader that has not written by then has no permission, or
     * {@code LEADER_SERVICE} is not set there.
     */
    static final Duration REPLACEMENT = Duration.ofSeconds(5);

    /** Nothing to do with the slices. */
    static final DesiredState NOTHING = new DesiredState(Kind.NOTHING, 0, 0, false, Duration.ZERO);

    /** The kinds of desired states. */
    enum Kind {
        /** The slices are not our concern. */
        NOTHING,
        /** The slices send the traffic to our pod. */
        SERVE,
        /** The slices send the traffic to our pod and mark the endpoint as terminating. */
        DRAIN,
        /** The slices stay as they are until the next leader writes its own. */
        HOLD,
        /** The slices do not have our address. */
        WITHDRAW,
    }

    /** The desired state after a restart, if an earlier process wrote the slices with {@code token}. */
    static DesiredState afterLifeWith(long token, Moment now) {
        return new DesiredState(Kind.HOLD, token, now.nanos(), false, VACANCY);
    }

    /**
     * The desired state at {@code now}, after this one.
     *
     * @param drains whether the Lease is held on after the claim was dropped
     */
    DesiredState next(Leadership leadership, Moment now, boolean drains) {
        Claim claim = leadership.claim();
        if (claim != null && claim.holds(now)) {
            return new DesiredState(Kind.SERVE, claim.fencingToken(), 0, false, Duration.ZERO);
        }
        if (kind == Kind.NOTHING) {
            return this;
        }
        if (drains && leadership.phase() == Phase.RESIGNED && isHeld(leadership, now, true)) {
            return new DesiredState(Kind.DRAIN, token, 0, false, Duration.ZERO);
        }
        long ended = kind == Kind.SERVE || kind == Kind.DRAIN ? now.nanos() : endedNanos;
        boolean replaced = isHeld(leadership, now, false);
        Duration left = (replaced ? REPLACEMENT : VACANCY).minusNanos(now.nanos() - ended);
        return left.isNegative() || left.isZero()
                ? new DesiredState(Kind.WITHDRAW, token, ended, replaced, Duration.ZERO)
                : new DesiredState(Kind.HOLD, token, ended, replaced, left);
    }

    /** Whether the Lease is held and has not expired: by us, or by another replica. */
    private static boolean isHeld(Leadership leadership, Moment now, boolean byUs) {
        ObservedLease lease = leadership.observed();
        return lease != null
                && lease.holder() != null
                && lease.holder().equals(leadership.identity()) == byUs
                && now.nanos() - lease.expiresNanos() < 0;
    }

    /** Whether this replica has nothing left to do: nothing is needed, or another leader does it. */
    boolean isSettled() {
        return kind == Kind.NOTHING || (kind == Kind.HOLD && awaitsReplacement);
    }

    /** Whether the slices should have our address. */
    boolean isForUs() {
        return kind == Kind.SERVE || kind == Kind.DRAIN;
    }
}
