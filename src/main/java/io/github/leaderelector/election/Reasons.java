package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Reason;
import java.util.List;
import java.util.stream.Stream;

/**
 * The reasons why this replica does not want to lead, at most one of each kind; immutable.
 *
 * @param all oldest first
 */
record Reasons(List<Reason> all) {

    /** No reasons: the replica wants to lead. */
    static final Reasons NONE = new Reasons(List.of());

    Reasons {
        all = List.copyOf(all);
    }

    /** Whether there is none: this replica is a candidate. */
    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The reason to show: a shutdown first, else the oldest. Only if there is a reason. */
    Reason foremost() {
        return all.stream()
                .filter(reason -> reason.code() == Reason.Code.SHUTDOWN)
                .findFirst()
                .orElseGet(() -> all.get(0));
    }

    /** A copy with {@code reason}, which replaces a reason of the same kind. */
    Reasons with(Reason reason) {
        boolean known = all.stream().anyMatch(old -> old.code() == reason.code());
        return new Reasons(
                known
                        ? all.stream()
                                .map(old -> old.code() == reason.code() ? reason : old)
                                .toList()
                        : Stream.concat(all.stream(), Stream.of(reason)).toList());
    }

    /** A copy without the reason of this kind. */
    Reasons without(Reason.Code kind) {
        return new Reasons(all.stream().filter(old -> old.code() != kind).toList());
    }
}
