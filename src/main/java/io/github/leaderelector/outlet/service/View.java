package io.github.leaderelector.outlet.service;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of the Service and its slices; immutable.
 *
 * @param slices by name, as far as was seen last
 * @param version from which on a watch misses nothing
 * @param route the way to our pod; null if there is none, or if nobody looked for it
 * @param faultless whether nothing was wrong with the Service
 * @param seenNanos when it was looked at, on the monotonic clock
 */
record View(
        Map<String, Slice> slices, String version, @Nullable Route route, boolean faultless, long seenNanos) {

    View {
        slices = Map.copyOf(slices);
    }

    /** This view, if it shows {@code slice} or a later state of it; else with it. */
    View with(Slice slice) {
        return isOlderThan(slice) ? with(slice.name(), slice) : this;
    }

    /** This view without {@code slice}, unless it shows a later state of it. */
    View without(Slice slice) {
        return isOlderThan(slice) ? with(slice.name(), null) : this;
    }

    private boolean isOlderThan(Slice slice) {
        @Nullable Slice known = slices.get(slice.name());
        return known == null || known.version() < slice.version();
    }

    private View with(String name, @Nullable Slice slice) {
        Map<String, Slice> changed = new HashMap<>(slices);
        if (slice == null) {
            changed.remove(name);
        } else {
            changed.put(name, slice);
        }
        return new View(changed, version, route, faultless, seenNanos);
    }
}
