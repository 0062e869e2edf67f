package io.github.leaderelector.outlet.metrics;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.testkit.Programs;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@TestProfile(FrozenTime.class)
class MetricsEndpointIT {

    private final OutletDriver driver;
    private final ManualTicker ticker;
    private final LeadershipHub hub;
    private final LeadershipMetrics metrics;
    private final ElectionMetrics election;

    MetricsEndpointIT(
            OutletDriver driver,
            ManualTicker ticker,
            LeadershipHub hub,
            LeadershipMetrics metrics,
            ElectionMetrics election) {
        this.driver = driver;
        this.ticker = ticker;
        this.hub = hub;
        this.metrics = metrics;
        this.election = election;
    }

    @BeforeEach
    void subscribe() {
        if (hub.observers().isEmpty()) {
            hub.subscribe("log", Runnable::run, leadership -> {});
        }
        election.renewed(Duration.ofMillis(7), true);
    }

    @Test
    void aScrapeHasTheNamesThatDashboardsKnow() {
        driver.lead();
        ticker.advance(Duration.ofSeconds(4));

        assertThat(scrape().replace(",}", "}").lines())
                .contains(
                        "leader_election_master_status{name=\"app-lock\"} 1.0",
                        "leader_elector_claim_seconds{name=\"app-lock\"} 6.0",
                        "leader_elector_leaderless_seconds{name=\"app-lock\"} 0.0",
                        "leader_elector_transitions_total{name=\"app-lock\",reason=\"suspended\"} 0.0")
                .anyMatch(line -> line.matches(
                        "leader_elector_transitions_total\\{name=\"app-lock\",reason=\"acquired\"} [1-9].*"));
    }

    /** E15. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/openmetrics-text                                     | application/openmetrics-text",
                "application/openmetrics-text; version=1.0.0                      | application/openmetrics-text",
                "application/openmetrics-text;version=0.0.1                       | application/openmetrics-text",
                "application/openmetrics-text; version=1.0.0; charset=utf-8       | application/openmetrics-text",
                "application/openmetrics-text;q=0.5, application/vnd.google.protobuf | application/openmetrics-text",
                "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3 | text/plain",
                "text/plain;version=0.0.4                                         | text/plain",
                "*/*                                                              | application/openmetrics-text",
            })
    void whoAcceptsOneOfBothFormsGetsIt(String accept, String form) {
        Response response = given().accept(accept).get("/q/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.contentType()).startsWith(form + ";");
        assertThat(response.asString()).contains("leader_election_master_status{name=\"app-lock\"");
        if (!form.equals("text/plain")) {
            assertThat(response.contentType()).contains("version=1.0.0");
            assertThat(response.asString()).endsWith("# EOF\n");
        }
    }

    @Test
    void whoAcceptsNeitherFormIsRefused() {
        assertThat(given().accept("application/json").get("/q/metrics").statusCode())
                .isEqualTo(406);
    }

    @Test
    void promtoolFindsNothingWrongWithNamesUnitsAndHelp() throws IOException {
        Programs.Ended ended =
                Programs.run(List.of(Programs.need("promtool").toString(), "check", "metrics"), scrape(), Map.of());

        assertThat(ended).isEqualTo(new Programs.Ended(0, ""));
    }

    @Test
    void theAlertsAskForMetricsThatThereAre() throws IOException {
        String alerts = Files.readString(Path.of("src", "main", "kubernetes", "monitoring", "prometheusrule.yaml"));

        assertThat(names(Pattern.compile("\\b(leader_elect\\w+)"), alerts))
                .hasSizeGreaterThan(3)
                .isSubsetOf(names(Pattern.compile("(?m)^(leader_elect\\w+)"), scrape()));
    }

    /** With everything in it that is there after the first change. */
    private String scrape() {
        metrics.onLeadership(hub.current());
        return given().accept("text/plain").get("/q/metrics").asString();
    }

    private static Set<String> names(Pattern name, String text) {
        return name.matcher(text).results().map(found -> found.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }
}
