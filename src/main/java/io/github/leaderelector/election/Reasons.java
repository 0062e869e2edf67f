package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Reason;
import java.util.List;
import java.util.stream.Stream;

/**
 * Why this replica does not want to lead: all reasons that hold at one time, at most one of each kind; immutable.
 *
 * @param all in the order in which they came
 */
record Reasons(List<Reason> all) {

    /** It wants to lead. */
    static final Reasons NONE = new Reasons(List.of());

    Reasons {
        all = List.copyOf(all);
    }

    /** Whether there is none: this replica is a candidate. */
    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The reason to show: a shutdown before all others, else the oldest. Not for a candidate. */
    Reason foremost() {
        return all.stream()
                .filter(reason -> reason.code() == Reason.Code.SHUTDOWN)
                .findFirst()
                .orElseGet(() -> all.get(0));
    }

    /** With {@code reason}, in the place of one of its kind. */
    Reasons with(Reason reason) {
        boolean known = all.stream().anyMatch(old -> old.code() == reason.code());
        return new Reasons(
                known
                        ? all.stream()
                                .map(old -> old.code() == reason.code() ? reason : old)
                                .toList()
                        : Stream.concat(all.stream(), Stream.of(reason)).toList());
    }

    /** Without the reason of this kind. */
    Reasons without(Reason.Code kind) {
        return new Reasons(all.stream().filter(old -> old.code() != kind).toList());
    }
}
