package io.github.leaderelector.outlet.service;

import io.github.leaderelector.outlet.service.Slice.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides which slices to write, and how: a pure function of the desired state and of the slices that were seen.
 *
 * <p>A slice with a larger token than ours was written by a later leader and is never changed.
 */
final class Plan {

    private Plan() {}

    /**
     * One write.
     *
     * @param slice the slice to write; based on the {@code resourceVersion} in it
     * @param isNew whether to create it
     */
    record Write(Slice slice, boolean isNew) {}

    /**
     * The writes that make the slices match the desired state; empty if they match.
     *
     * @param service the Service's name
     * @param found the Service's slices, by name
     * @param route the route to our pod; null if none is known
     */
    static List<Write> writes(
            DesiredState desired, String lease, String service, Map<String, Slice> found, @Nullable Route route) {
        List<Write> writes = new ArrayList<>();
        if (desired.kind() == DesiredState.Kind.NOTHING || desired.kind() == DesiredState.Kind.HOLD) {
            return writes;
        }
        Mark mark = new Mark(lease, desired.token());
        for (Family family : Family.values()) {
            @Nullable Slice present = found.get(family.sliceName(service));
            if (isLaterThan(desired, present)) {
                continue;
            }
            if (desired.isForUs() && route != null && route.addresses().containsKey(family)) {
                Condition condition =
                        desired.kind() == DesiredState.Kind.SERVE ? Condition.SERVING : Condition.DRAINING;
                Slice wanted = Slice.of(route, family, condition, mark, present);
                if (present == null || !wanted.saysTheSameAs(present)) {
                    writes.add(new Write(wanted, present == null));
                }
            } else if (present != null && (desired.kind() == DesiredState.Kind.WITHDRAW || route != null)) {
                // Written even if it has no address: an earlier write of ours that was not answered can then no
                // longer succeed.
                Slice wanted = present.without(mark);
                if (!wanted.saysTheSameAs(present)) {
                    writes.add(new Write(wanted, false));
                }
            }
        }
        return writes;
    }

    /** Whether {@code slice} was written by a later leader than the one of {@code desired}. */
    static boolean isLaterThan(DesiredState desired, @Nullable Slice slice) {
        return slice != null && slice.token() > desired.token();
    }
}
