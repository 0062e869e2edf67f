package io.github.leaderelector.outlet.metrics;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(FrozenTime.class)
class MetricsEndpointTest {

    private final OutletDriver driver;
    private final ManualTicker ticker;
    private final LeadershipHub hub;
    private final LeadershipMetrics metrics;

    MetricsEndpointTest(OutletDriver driver, ManualTicker ticker, LeadershipHub hub, LeadershipMetrics metrics) {
        this.driver = driver;
        this.ticker = ticker;
        this.hub = hub;
        this.metrics = metrics;
    }

    @Test
    void aScrapeHasTheNamesThatDashboardsKnow() {
        driver.lead();
        ticker.advance(Duration.ofSeconds(4));
        metrics.onLeadership(hub.current());

        List<String> lines = given().accept("text/plain")
                .get("/q/metrics")
                .asString()
                .replace(",}", "}")
                .lines()
                .toList();

        assertThat(lines)
                .contains(
                        "leader_election_master_status{name=\"app-lock\"} 1.0",
                        "leader_elector_claim_seconds 6.0",
                        "leader_elector_leaderless_seconds 0.0",
                        "leader_elector_transitions_total{reason=\"suspended\"} 0.0")
                .anyMatch(line -> line.matches("leader_elector_transitions_total\\{reason=\"acquired\"} [1-9].*"));
    }
}
