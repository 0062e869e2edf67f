package io.github.leaderelector.outlet.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.ApiFailed;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(FrozenTime.class)
class StatusIT {

    private final OutletDriver driver;
    private final LeadershipHub hub;
    private final ManualTicker ticker;

    StatusIT(OutletDriver driver, LeadershipHub hub, ManualTicker ticker) {
        this.driver = driver;
        this.hub = hub;
        this.ticker = ticker;
    }

    @Test
    void itHasWhatLeaderAnswersAndWhenTheLeaseExpires() throws JsonProcessingException {
        driver.lead();
        ticker.advance(Duration.ofMillis(2_500));

        JsonNode status = status();
        assertThat(status.get("leadership"))
                .isEqualTo(new ObjectMapper()
                        .readTree(given().get("/leader").body().asString()));
        assertThat(status.get("leadership").get("leader").asBoolean()).isTrue();
        assertThat(status.get("leaderlessMillis").asLong()).isZero();
        assertThat(status.get("leaseExpiresInMillis").asLong()).isEqualTo(12_500);
        assertThat(status.get("problem").isNull()).isTrue();
    }

    /** Row E13 of the faults: with HTTP_PORT=0, and where Quarkus was told another port. */
    @Test
    void thePortIsTheOneInUse() throws JsonProcessingException {
        driver.lead();

        assertThat(status().at("/settings/HTTP_PORT").asInt()).isEqualTo(RestAssured.port);
    }

    @Test
    void whoDoesNotLeadLearnsOfTheExpiryTheGapAndTheProblem() throws JsonProcessingException {
        driver.follow("pod-b");
        ticker.advance(Duration.ofSeconds(18));
        hub.observe(new ApiFailed("The API server does not answer."));

        JsonNode status = status();
        assertThat(status.get("leaseExpiresInMillis").asLong()).isZero();
        assertThat(status.get("leaderlessMillis").asLong()).isEqualTo(3_000);
        assertThat(status.get("problem").asText()).isEqualTo("The API server does not answer.");

        driver.follow(null);
        assertThat(status().get("leaseExpiresInMillis").isNull()).isTrue();
    }

    @Test
    void theLastChangesAreToldOldestFirstWithTheirGapAndReason() throws JsonProcessingException {
        driver.lead();
        driver.follow(null);
        String at = ticker.wallTime().plusMillis(250).toString();
        ticker.advance(Duration.ofMillis(250));
        driver.lead();
        ticker.advance(Duration.ofSeconds(4));

        List<JsonNode> changes = StreamSupport.stream(
                        status().get("transitions").spliterator(), false)
                .toList();
        JsonNode last = changes.get(changes.size() - 1);
        JsonNode before = changes.get(changes.size() - 2);
        assertThat(last.get("sequence").asLong())
                .isEqualTo(before.get("sequence").asLong() + 1);
        assertThat(last.get("at").asText()).isEqualTo(at);
        assertThat(last.get("millisAgo").asLong()).isEqualTo(4_000);
        assertThat(last.get("leader").asBoolean()).isTrue();
        assertThat(last.get("holder").asText()).isEqualTo("pod-a");
        assertThat(last.get("gapMillis").asLong()).isEqualTo(250);
        assertThat(last.get("reason").asText()).isEqualTo("acquired");
        assertThat(last.get("text").asText()).isEqualTo("This replica holds the Lease.");
        assertThat(before.get("leader").asBoolean()).isFalse();
        assertThat(before.get("holder").isNull()).isTrue();
    }

    @Test
    void theSettingsInForceAreShownByVariable() throws JsonProcessingException {
        JsonNode settings = status().get("settings");

        assertThat(settings.properties())
                .extracting(e -> entry(e.getKey(), e.getValue().asText()))
                .contains(
                        entry("LEASE_NAME", "app-lock"),
                        entry("NAMESPACE", "prod"),
                        entry("IDENTITY", "pod-a"),
                        entry("LEASE_DURATION", "15s"),
                        entry("LEADER_FILE", ""),
                        entry("READINESS", "always"),
                        entry("MAX_STREAMS", "1024"));
    }

    @Test
    void theAnswerIsJsonThatMustNotBeStored() {
        Response response = given().get("/status");

        assertThat(response.contentType()).startsWith("application/json");
        assertThat(response.header("Cache-Control")).isEqualTo("no-store");
    }

    private static JsonNode status() throws JsonProcessingException {
        Response response = given().get("/status");
        assertThat(response.statusCode()).isEqualTo(200);
        return new ObjectMapper().readTree(response.body().asString());
    }
}
