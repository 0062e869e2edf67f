package io.github.leaderelector.leadership;

import io.github.leaderelector.leadership.Observation.ApiFailed;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.HistoryBegunAnew;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Reason.Code;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which an observation turns one {@link Leadership} into the next: a pure function.
 *
 * <p>Only {@link WriteAcknowledged} can begin or lengthen a claim, until the renew deadline after the write was sent.
 * All other observations can only end it. A state of the Lease with a lower {@code resourceVersion} than the last known
 * one changes nothing.
 */
final class LeadershipStateMachine {

    private final Duration renewDeadline;

    /** @param renewDeadline how long a claim holds after the write that carries it was sent */
    LeadershipStateMachine(Duration renewDeadline) {
        this.renewDeadline = renewDeadline;
    }

    /** The state after {@code observation}; the same object if nothing changed. */
    Leadership next(Leadership state, Observation observation, Moment now) {
        Leadership settled = settle(state, now);
        if (observation instanceof LeaseSeen seen) {
            return leaseSeen(settled, seen, now);
        }
        if (observation instanceof WriteAcknowledged written) {
            return writeAcknowledged(settled, written, now);
        }
        if (observation instanceof ApiFailed failed) {
            return failed.problem().equals(settled.problem())
                    ? settled
                    : with(settled, settled.observed(), failed.problem());
        }
        if (observation instanceof ResignRequested resign) {
            return resigned(settled, resign.reason(), now);
        }
        if (observation instanceof HistoryBegunAnew) {
            return begunAnew(settled, now);
        }
        if (observation instanceof CampaignAllowed) {
            return settled.phase() == Phase.RESIGNED ? following(settled, now) : settled;
        }
        return settled;
    }

    /** Ends a claim that time has ended. */
    private static Leadership settle(Leadership state, Moment now) {
        Claim claim = state.claim();
        if (claim == null || claim.holds(now)) {
            return state;
        }
        boolean suspended = now.since(claim.sent()).compareTo(claim.length()) < 0;
        Reason reason = suspended
                ? new Reason(
                        Code.SUSPENDED,
                        "The wall clock ran ahead by more than the claim had left, as after a suspended" + " machine.")
                : new Reason(
                        Code.RENEW_DEADLINE,
                        "The API server did not acknowledge a renewal within "
                                + claim.length().toMillis()
                                + " ms"
                                + (state.problem() == null ? "." : ": " + state.problem()));
        return notLeading(state, state.observed(), reason, now);
    }

    private Leadership leaseSeen(Leadership state, LeaseSeen seen, Moment now) {
        ObservedLease lease = seen.lease();
        if (state.observed() != null
                && lease.resourceVersion() < state.observed().resourceVersion()) {
            return state;
        }
        return switch (state.phase()) {
            case LEADING ->
                seen.writer() == Observation.Writer.US
                        ? with(state, lease, null)
                        : notLeading(state, lease, lostTo(seen, state.identity()), now);
            case RESIGNED -> with(state, lease, null);
            case UNKNOWN, FOLLOWING -> followed(state, seen, now);
        };
    }

    private static Leadership followed(Leadership state, LeaseSeen seen, Moment now) {
        ObservedLease lease = seen.lease();
        boolean sameHolder = Objects.equals(state.holder(), lease.holder());
        boolean conflictIsNew =
                seen.writer() == Observation.Writer.NAMESAKE && state.reason().code() != Code.IDENTITY_CONFLICT;
        if (state.phase() == Phase.FOLLOWING && sameHolder && !conflictIsNew) {
            return with(state, lease, null);
        }
        return new Leadership(
                state.identity(),
                state.lease(),
                Phase.FOLLOWING,
                null,
                lease,
                now,
                whyFollowing(lease, seen.writer(), state.identity()),
                null);
    }

    private Leadership writeAcknowledged(Leadership state, WriteAcknowledged written, Moment now) {
        ObservedLease lease = written.lease();
        if (state.observed() != null
                && lease.resourceVersion() < state.observed().resourceVersion()) {
            return state;
        }
        Claim old = state.claim();
        if (old != null) {
            return new Leadership(
                    state.identity(),
                    state.lease(),
                    Phase.LEADING,
                    old.renewed(written.sent()),
                    lease,
                    state.since(),
                    state.reason(),
                    null);
        }
        Claim claim = new Claim(lease.resourceVersion(), now.wall(), written.sent(), renewDeadline);
        if (state.phase() == Phase.RESIGNED) {
            return with(state, lease, null);
        }
        if (!claim.holds(now)) {
            return followed(state, new LeaseSeen(lease, Observation.Writer.US, true), now);
        }
        return new Leadership(
                state.identity(),
                state.lease(),
                Phase.LEADING,
                claim,
                lease,
                now,
                new Reason(Code.ACQUIRED, "This replica holds the Lease."),
                null);
    }

    /** Forgets the last known state of the Lease, and ends a claim that was based on it. */
    private static Leadership begunAnew(Leadership state, Moment now) {
        ObservedLease seen = state.observed();
        ObservedLease forgotten = seen == null
                ? null
                : new ObservedLease(
                        seen.holder(), seen.term(), 0, seen.renewTime(), seen.observedNanos(), seen.expiresNanos());
        return state.claim() == null
                ? with(state, forgotten, state.problem())
                : notLeading(
                        state,
                        forgotten,
                        new Reason(
                                Code.OVERWRITTEN,
                                "The Lease was put back to an earlier state, as by a restore of etcd."),
                        now);
    }

    private static Leadership resigned(Leadership state, Reason reason, Moment now) {
        if (state.phase() == Phase.RESIGNED && state.reason().equals(reason)) {
            return state;
        }
        return new Leadership(
                state.identity(), state.lease(), Phase.RESIGNED, null, state.observed(), now, reason, state.problem());
    }

    private static Leadership following(Leadership state, Moment now) {
        ObservedLease lease = state.observed();
        return lease == null
                ? Leadership.unknown(state.identity(), state.lease(), now)
                : new Leadership(
                        state.identity(),
                        state.lease(),
                        Phase.FOLLOWING,
                        null,
                        lease,
                        now,
                        whyFollowing(lease, Observation.Writer.OTHER, state.identity()),
                        state.problem());
    }

    private static Leadership notLeading(Leadership state, @Nullable ObservedLease lease, Reason reason, Moment now) {
        return new Leadership(
                state.identity(), state.lease(), Phase.FOLLOWING, null, lease, now, reason, state.problem());
    }

    private static Leadership with(Leadership state, @Nullable ObservedLease lease, @Nullable String problem) {
        return new Leadership(
                state.identity(),
                state.lease(),
                state.phase(),
                state.claim(),
                lease,
                state.since(),
                state.reason(),
                problem);
    }

    private static Reason lostTo(LeaseSeen seen, String identity) {
        if (!seen.exists()) {
            return new Reason(Code.DELETED, "The Lease was deleted while this replica held it.");
        }
        if (seen.writer() == Observation.Writer.NAMESAKE) {
            return conflict(identity);
        }
        String holder = seen.lease().holder();
        return new Reason(
                Code.OVERWRITTEN,
                holder == null
                        ? "Somebody emptied the Lease while this replica held it."
                        : "'" + ForeignText.name(holder) + "' overwrote the Lease while this replica held it.");
    }

    private static Reason whyFollowing(ObservedLease lease, Observation.Writer writer, String identity) {
        if (lease.holder() == null) {
            return new Reason(Code.VACANT, "Nobody holds the Lease.");
        }
        if (!lease.holder().equals(identity)) {
            return new Reason(Code.HELD_BY_OTHER, "'" + ForeignText.name(lease.holder()) + "' holds the Lease.");
        }
        return switch (writer) {
            case US -> new Reason(Code.VACANT, "This replica's own claim to the Lease has ended.");
            case NAMESAKE -> conflict(identity);
            case FORMER_SELF, OTHER ->
                new Reason(
                        Code.HELD_BY_OTHER,
                        "This replica before a restart, or another under its identity '" + identity
                                + "', holds the Lease.");
        };
    }

    private static Reason conflict(String identity) {
        return new Reason(
                Code.IDENTITY_CONFLICT,
                "Another process writes the Lease under our identity '" + identity
                        + "'; each replica needs an IDENTITY of its own.");
    }
}
