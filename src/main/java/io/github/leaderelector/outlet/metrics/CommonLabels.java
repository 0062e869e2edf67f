package io.github.leaderelector.outlet.metrics;

import io.github.leaderelector.leadership.LeadershipHub;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.List;

/** The label that all metrics of a process have. */
final class CommonLabels {

    // Not private: the container would need reflection.
    CommonLabels() {}

    /** Adds the label {@code name} with the name of the Lease to each metric, as client-go does. */
    @Produces
    @Singleton
    static MeterFilter nameOfTheLease(LeadershipHub hub) {
        return MeterFilter.commonTags(
                List.of(Tag.of("name", hub.current().lease().name())));
    }
}
