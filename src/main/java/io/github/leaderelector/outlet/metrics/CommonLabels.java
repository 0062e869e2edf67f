package io.github.leaderelector.outlet.metrics;

import io.github.leaderelector.leadership.LeadershipHub;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** What all metrics of a process have in common. */
final class CommonLabels {

    // Not private: the container would need reflection.
    CommonLabels() {}

    /** Each metric says by {@code name} which Lease it is about, as that of client-go does. */
    @Produces
    @Singleton
    static MeterFilter nameOfTheLease(LeadershipHub hub) {
        return MeterFilter.commonTags(
                List.of(Tag.of("name", hub.current().lease().name())));
    }
}
