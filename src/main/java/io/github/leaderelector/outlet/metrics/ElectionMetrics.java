package io.github.leaderelector.outlet.metrics;

import io.github.leaderelector.leadership.ElectionListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Metrics of the election's requests to the API server. Safe for use by many threads.
 *
 * <p>The usual counters are registered at the start, so that counting is one lookup and one addition.
 */
@Singleton
public final class ElectionMetrics implements ElectionListener {

    /** The buckets of the durations of renewals: from a fast server to the default renew deadline. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry registry;
    private final Map<Request, Counter> requests = new ConcurrentHashMap<>();
    private final Timer acknowledged;
    private final Timer failed;
    private final Counter watchRestarts;

    private record Request(String verb, int status) {}

    /** Registers its meters with {@code registry}. */
    public ElectionMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.acknowledged = renewals("acknowledged");
        this.failed = renewals("failed");
        this.watchRestarts = Counter.builder("leader_elector_watch_restarts")
                .description("How often the watch on the Lease had to be opened again")
                .register(registry);
        for (Request usual : new Request[] {
            new Request("get", 200),
            new Request("get", 404),
            new Request("create", 201),
            new Request("update", 200),
            new Request("update", 409),
            new Request("watch", 200)
        }) {
            requests.put(usual, register(usual));
        }
    }

    private Timer renewals(String outcome) {
        return Timer.builder("leader_elector_renewal")
                .description("How long renewals of the Lease took")
                .tag("outcome", outcome)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private Counter register(Request request) {
        return Counter.builder("leader_elector_api_requests")
                .description("Requests of the election to the API server, by verb and HTTP status")
                .tag("verb", request.verb())
                .tag("code", request.status() == NO_ANSWER ? "none" : String.valueOf(request.status()))
                .register(registry);
    }

    @Override
    public void answered(String verb, int status) {
        requests.computeIfAbsent(new Request(verb, status), this::register).increment();
    }

    @Override
    public void renewed(Duration took, boolean isAcknowledged) {
        (isAcknowledged ? acknowledged : failed).record(took);
    }

    @Override
    public void watchReopened() {
        watchRestarts.increment();
    }
}
