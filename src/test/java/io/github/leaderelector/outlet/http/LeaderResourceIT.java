package io.github.leaderelector.outlet.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.testkit.EventStreamClient;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.http.Method;
import io.restassured.response.Response;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(FrozenTime.class)
class LeaderResourceIT {

    private final OutletDriver driver;
    private final ManualTicker ticker;

    LeaderResourceIT(OutletDriver driver, ManualTicker ticker) {
        this.driver = driver;
        this.ticker = ticker;
    }

    @Test
    void aLeaderAnswersWithItsTokenAndTheTimeLeft() {
        String since = ticker.wallTime().toString();
        long token = driver.lead();
        ticker.advance(Duration.ofMillis(2_500));

        assertThat(answer("/leader"))
                .isEqualTo("{\"leader\":true,\"identity\":\"pod-a\",\"holder\":\"pod-a\",\"term\":7,"
                        + "\"fencingToken\":%d,\"since\":\"%s\",\"validForMillis\":7500,".formatted(token, since)
                        + "\"observedMillisAgo\":2500,\"reason\":\"This replica holds the Lease.\","
                        + "\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");
        assertThat(answer("/")).isEqualTo("{\"name\":\"pod-a\",\"last_update\":\"%s\"}".formatted(since));
        assertThat(answer("/isLeader")).isEqualTo("{\"isLeader\":true}");
    }

    @Test
    void aFollowerNamesTheHolder() {
        String since = ticker.wallTime().toString();
        driver.follow("pod-b");
        ticker.advance(Duration.ofSeconds(1));

        assertThat(answer("/leader"))
                .isEqualTo("{\"leader\":false,\"identity\":\"pod-a\",\"holder\":\"pod-b\",\"term\":7,"
                        + "\"fencingToken\":null,\"since\":\"%s\",\"validForMillis\":0,".formatted(since)
                        + "\"observedMillisAgo\":1000,\"reason\":\"'pod-b' holds the Lease.\","
                        + "\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");
        assertThat(answer("/")).isEqualTo("{\"name\":\"pod-b\",\"last_update\":\"%s\"}".formatted(since));
        assertThat(answer("/isLeader")).isEqualTo("{\"isLeader\":false}");
    }

    @Test
    void anEventHasTheDataThatAskingGives() throws IOException {
        driver.lead();

        try (EventStreamClient leadership = stream("/leader");
                EventStreamClient holder = stream("/sse")) {
            assertThat(leadership.next()).last().isEqualTo("data: " + answer("/leader"));
            assertThat(holder.next()).containsExactly("data: " + answer("/"));
        }
    }

    @Test
    void withoutALeaderHolderIsNullAndNameIsEmpty() {
        String since = ticker.wallTime().toString();
        driver.follow(null);

        assertThat(answer("/leader"))
                .isEqualTo("{\"leader\":false,\"identity\":\"pod-a\",\"holder\":null,\"term\":7,"
                        + "\"fencingToken\":null,\"since\":\"%s\",\"validForMillis\":0,".formatted(since)
                        + "\"observedMillisAgo\":0,\"reason\":\"Nobody holds the Lease.\","
                        + "\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");
        assertThat(answer("/")).isEqualTo("{\"name\":\"\",\"last_update\":\"%s\"}".formatted(since));
    }

    @Test
    void aClaimThatHasEndedIsNoLongerAnswered() {
        driver.lead();
        ticker.advance(Duration.ofSeconds(10));

        assertThat(answer("/isLeader")).isEqualTo("{\"isLeader\":false}");
        assertThat(answer("/leader"))
                .startsWith("{\"leader\":false,")
                .contains("\"fencingToken\":null")
                .contains("\"reason\":\"The API server did not acknowledge a renewal within 10000 ms.\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/leader", "/isLeader", "/"})
    void answersAreJsonThatMustNotBeStored(String path) {
        for (Method method : new Method[] {Method.GET, Method.HEAD}) {
            Response response = given().request(method, path);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.header("Cache-Control")).isEqualTo("no-store");
            assertThat(response.contentType()).startsWith("application/json");
        }
    }

    @ParameterizedTest
    @CsvSource({"GET, /nope", "POST, /nope/there", "GET, /leader/pod-a", "GET, /q/nope"})
    void anUnknownPathIsNotFoundWithoutAPageOrAStackTrace(String method, String path) {
        Response response = given().request(method, path);

        assertThat(response.statusCode()).isEqualTo(404);
        assertThat(response.contentType()).isEqualTo("text/plain");
        assertThat(response.body().asString())
                .isEqualTo("There is nothing here; GET /leader, / and /q/health have something.\n");
    }

    @ParameterizedTest
    @CsvSource({"POST, /leader", "PUT, /leader", "PATCH, /isLeader", "DELETE, /", "POST, /sse", "POST, /q/health/live"})
    void aWrongMethodIsRefusedInOneSentence(String method, String path) {
        Response response = given().body("{}").request(method, path);

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.header("Allow")).isEqualTo("GET, HEAD");
        assertThat(response.contentType()).isEqualTo("text/plain");
        assertThat(response.body().asString()).isEqualTo("This can only be read; ask with GET.\n");
    }

    /** E10: some load balancers probe with it, and take a 204 for healthy. */
    @ParameterizedTest
    @ValueSource(strings = {"/", "/leader", "/isLeader", "/q/health/group/leader", "/q/health/ready", "/q/health"})
    void optionsIsNoMethodThatThereIs(String path) {
        Response response = given().request(Method.OPTIONS, path);

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.header("Allow")).isEqualTo("GET, HEAD");
    }

    @ParameterizedTest
    @CsvSource({"/leader, image/png", "/isLeader, text/event-stream", "/leader, ';q=,/,;'"})
    void whoAcceptsNothingOfWhatIsThereGetsOneSentence(String path, String accept) {
        Response response = given().header("Accept", accept).get(path);

        assertThat(response.statusCode()).isEqualTo(406);
        assertThat(response.contentType()).startsWith("text/plain");
        assertThat(response.body().asString())
                .isEqualTo("Accept allows none of the forms that this comes in; ask for application/json.\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/leader", "/sse"})
    void theHeadOfAStreamIsAnsweredWithoutOpeningIt(String path) {
        Response response = given().accept("text/event-stream").head(path);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.contentType()).isEqualTo("text/event-stream");
        assertThat(response.header("Cache-Control")).isEqualTo("no-store");
    }

    private static EventStreamClient stream(String path) throws IOException {
        return new EventStreamClient(RestAssured.port, path, "text/event-stream", Duration.ofSeconds(10));
    }

    private static String answer(String path) {
        Response response = given().get(path);
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body().asString();
    }
}
