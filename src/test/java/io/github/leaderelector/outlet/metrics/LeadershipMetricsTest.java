package io.github.leaderelector.outlet.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeadershipMetricsTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final LeadershipMetrics metrics = new LeadershipMetrics(hub, ticker, registry);
    private long version;

    @Test
    void theStatusIsOneWhileThisReplicaLeads() {
        assertThat(status()).isZero();

        lead();
        assertThat(status()).isOne();

        ticker.advance(RENEW_DEADLINE);
        assertThat(status()).isZero();
    }

    @Test
    void theClaimIsWhatIsLeftOfIt() {
        lead();
        ticker.advance(Duration.ofMillis(2500));

        assertThat(gauge("leader_elector_claim")).isEqualTo(7.5);

        ticker.advance(RENEW_DEADLINE);
        assertThat(gauge("leader_elector_claim")).isZero();
    }

    @Test
    void theLeaderlessTimeBeginsWhenNoLeaderIsKnown() {
        see(null);
        ticker.advance(Duration.ofMillis(1500));
        assertThat(gauge("leader_elector_leaderless")).isEqualTo(1.5);

        lead();
        assertThat(gauge("leader_elector_leaderless")).isZero();
    }

    @Test
    void eachChangeIsCountedOnceByItsReason() {
        see("pod-b");
        lead();
        tell();
        tell();
        ticker.advance(RENEW_DEADLINE);
        tell();

        assertThat(transitions("held_by_other")).isOne();
        assertThat(transitions("acquired")).isOne();
        assertThat(transitions("renew_deadline")).isOne();
        assertThat(transitions("suspended")).isZero();
    }

    @Test
    void eachObserverHasItsLag() {
        hub.subscribe("leader file", Runnable::run, leadership -> ticker.advance(Duration.ofMillis(2)));
        tell();
        hub.subscribe("log", Runnable::run, leadership -> {});
        tell();

        see("pod-b");

        assertThat(lag("leader file")).isEqualTo(0.002);
        assertThat(lag("log")).isEqualTo(0.002);
        assertThat(registry.find("leader_elector_observer_lag").gauges()).hasSize(2);
    }

    private double lag(String observer) {
        return registry.get("leader_elector_observer_lag")
                .tag("observer", observer)
                .gauge()
                .value();
    }

    private double status() {
        return gauge("leader_election_master_status");
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    private double transitions(String reason) {
        return registry.get("leader_elector_transitions")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private void tell() {
        metrics.onLeadership(hub.current());
    }

    private void lead() {
        hub.observe(new WriteAcknowledged(lease("pod-a"), ticker.now()));
    }

    private void see(String holder) {
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
    }

    private ObservedLease lease(String holder) {
        version++;
        return new ObservedLease(
                holder,
                1,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
