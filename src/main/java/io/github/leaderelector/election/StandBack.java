package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Reason;
import java.util.List;
import java.util.stream.Stream;

/**
 * Why a replica is no candidate: all reasons that hold at one time, at most one of each kind; immutable.
 *
 * @param reasons in the order in which they came
 */
record StandBack(List<Reason> reasons) {

    /** No reason at all. */
    static final StandBack NONE = new StandBack(List.of());

    StandBack {
        reasons = List.copyOf(reasons);
    }

    /** Whether nothing speaks against a campaign. */
    boolean candidate() {
        return reasons.isEmpty();
    }

    /** The reason to tell: who is stopping is stopping, whatever else; otherwise the oldest. Not for a candidate. */
    Reason foremost() {
        return reasons.stream()
                .filter(reason -> reason.code() == Reason.Code.SHUTDOWN)
                .findFirst()
                .orElseGet(() -> reasons.get(0));
    }

    /** With {@code reason}, in the place of one of its kind. */
    StandBack with(Reason reason) {
        boolean known = reasons.stream().anyMatch(old -> old.code() == reason.code());
        return new StandBack(
                known
                        ? reasons.stream()
                                .map(old -> old.code() == reason.code() ? reason : old)
                                .toList()
                        : Stream.concat(reasons.stream(), Stream.of(reason)).toList());
    }

    /** Without the reason of this kind. */
    StandBack without(Reason.Code kind) {
        return new StandBack(reasons.stream().filter(old -> old.code() != kind).toList());
    }
}
