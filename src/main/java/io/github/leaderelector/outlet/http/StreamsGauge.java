package io.github.leaderelector.outlet.http;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** The number of open event streams, as a metric. */
@Singleton
final class StreamsGauge {

    void register(@Observes StartupEvent event, EventStreams streams, MeterRegistry registry) {
        Gauge.builder("leader_elector_streams", streams, EventStreams::open)
                .description("Open event streams")
                .register(registry);
    }
}
