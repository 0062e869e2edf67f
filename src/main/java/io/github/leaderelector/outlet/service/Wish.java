package io.github.leaderelector.outlet.service;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import java.time.Duration;

/**
 * What this replica wants of the Service's slices; immutable, and a pure function of the leadership and of time.
 *
 * @param kind what it wants
 * @param token the fencing token of its last tenure; 0 if it has none to do with the slices
 * @param endedNanos when that tenure ended, on the monotonic clock; means nothing before
 * @param awaitsReplacement whether another leads, who is to write the slices
 * @param pause how long it wants this, if nothing else happens; zero for as long as nothing else happens
 */
record Wish(Kind kind, long token, long endedNanos, boolean awaitsReplacement, Duration pause) {

    /**
     * How long the address of a leader that has stopped stays while no other is known. A successor is seen sooner than
     * that; and after it, and the time of the request, the address is gone within a second.
     */
    static final Duration VACANCY = Duration.ofMillis(500);

    /** How long it stays when another leads: one that has written nothing by then has no permission, or no setting. */
    static final Duration REPLACEMENT = Duration.ofSeconds(5);

    /** Nothing to do with the slices. */
    static final Wish NOTHING = new Wish(Kind.NOTHING, 0, 0, false, Duration.ZERO);

    /** The kinds of wishes. */
    enum Kind {
        /** To have nothing to do with them. */
        NOTHING,
        /** That they send the traffic here. */
        SERVE,
        /** That they send it here, with a sign that it will end. */
        DRAIN,
        /** That they stay as they are, until the next leader writes its own. */
        HOLD,
        /** That they do not send it here any more. */
        WITHDRAW,
    }

    /** The wish of one whose earlier life wrote the slices with {@code token}. */
    static Wish afterLifeWith(long token, Moment now) {
        return new Wish(Kind.HOLD, token, now.nanos(), false, VACANCY);
    }

    /**
     * The wish at {@code now}, after this one.
     *
     * @param drains whether the Lease is held on after the claim was dropped
     */
    Wish next(Leadership leadership, Moment now, boolean drains) {
        Claim claim = leadership.claim();
        if (claim != null && claim.holds(now)) {
            return new Wish(Kind.SERVE, claim.fencingToken(), 0, false, Duration.ZERO);
        }
        if (kind == Kind.NOTHING) {
            return this;
        }
        if (drains && leadership.phase() == Phase.RESIGNED && isHeld(leadership, now, true)) {
            return new Wish(Kind.DRAIN, token, 0, false, Duration.ZERO);
        }
        long ended = kind == Kind.SERVE || kind == Kind.DRAIN ? now.nanos() : endedNanos;
        boolean replaced = isHeld(leadership, now, false);
        Duration left = (replaced ? REPLACEMENT : VACANCY).minusNanos(now.nanos() - ended);
        return left.isNegative() || left.isZero()
                ? new Wish(Kind.WITHDRAW, token, ended, replaced, Duration.ZERO)
                : new Wish(Kind.HOLD, token, ended, replaced, left);
    }

    /** Whether we hold the Lease, or another does, and it has not expired. */
    private static boolean isHeld(Leadership leadership, Moment now, boolean byUs) {
        ObservedLease lease = leadership.observed();
        return lease != null
                && lease.holder() != null
                && lease.holder().equals(leadership.identity()) == byUs
                && now.nanos() - lease.expiresNanos() < 0;
    }

    /** Whether nothing is left for us to do, since there is nothing to do or another leader does it. */
    boolean isSettled() {
        return kind == Kind.NOTHING || (kind == Kind.HOLD && awaitsReplacement);
    }

    /** Whether the slices are to have our address. */
    boolean isForUs() {
        return kind == Kind.SERVE || kind == Kind.DRAIN;
    }
}
