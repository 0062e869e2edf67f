package io.github.leaderelector.outlet.service;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last known state of the Service and its slices; immutable.
 *
 * @param slices by name, as last seen
 * @param version the version from which a watch misses nothing
 * @param route the route to our pod; null if there is none, or if it was not determined
 * @param faultless whether the Service had no problems
 * @param seenNanos when it was read, on the monotonic clock
 */
record ObservedState(
        Map<String, Slice> slices, String version, @Nullable Route route, boolean faultless, long seenNanos) {

    ObservedState {
        slices = Map.copyOf(slices);
    }

    /** A copy with {@code slice}; this state, if it has the same or a later state of the slice. */
    ObservedState with(Slice slice) {
        return isOlderThan(slice) ? with(slice.name(), slice) : this;
    }

    /** A copy without {@code slice}; this state, if it has a later state of the slice. */
    ObservedState without(Slice slice) {
        return isOlderThan(slice) ? with(slice.name(), null) : this;
    }

    private boolean isOlderThan(Slice slice) {
        @Nullable Slice known = slices.get(slice.name());
        return known == null || known.version() < slice.version();
    }

    private ObservedState with(String name, @Nullable Slice slice) {
        Map<String, Slice> changed = new HashMap<>(slices);
        if (slice == null) {
            changed.remove(name);
        } else {
            changed.put(name, slice);
        }
        return new ObservedState(changed, version, route, faultless, seenNanos);
    }
}
