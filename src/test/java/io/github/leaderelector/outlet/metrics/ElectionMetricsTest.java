package io.github.leaderelector.outlet.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.ElectionListener;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ElectionMetricsTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final ElectionMetrics metrics = new ElectionMetrics(registry);

    @Test
    void requestsAreCountedByVerbAndCode() {
        metrics.answered("update", 200);
        metrics.answered("update", 200);
        metrics.answered("update", 429);
        metrics.answered("get", ElectionListener.NO_ANSWER);

        assertThat(requests("update", "200")).isEqualTo(2);
        assertThat(requests("update", "429")).isOne();
        assertThat(requests("get", "none")).isOne();
        assertThat(requests("watch", "200")).as("registered before it happens").isZero();
    }

    @Test
    void renewalsAreTimedByOutcome() {
        metrics.renewed(Duration.ofMillis(7), true);
        metrics.renewed(Duration.ofMillis(9), true);
        metrics.renewed(Duration.ofSeconds(3), false);

        assertThat(renewals("acknowledged").count()).isEqualTo(2);
        assertThat(renewals("acknowledged").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(16);
        assertThat(renewals("failed").count()).isOne();
    }

    @Test
    void restartsOfTheWatchAreCounted() {
        metrics.watchReopened();

        assertThat(registry.get("leader_elector_watch_restarts").counter().count())
                .isOne();
    }

    private double requests(String verb, String code) {
        return registry.get("leader_elector_api_requests")
                .tags("verb", verb, "code", code)
                .counter()
                .count();
    }

    private Timer renewals(String outcome) {
        return registry.get("leader_elector_renewal").tag("outcome", outcome).timer();
    }
}
