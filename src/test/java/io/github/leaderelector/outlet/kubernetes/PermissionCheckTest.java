package io.github.leaderelector.outlet.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PermissionCheckTest {

    private static final String PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    private final ManualTicker ticker = new ManualTicker();
    private final FakeApi api = new FakeApi();
    private final CollectedLog log = new CollectedLog(PermissionCheck.class);
    private final PermissionCheck check =
            new PermissionCheck(api, "prod", "pods", List.of("get", "list", "patch"), "LEADER_LABEL", ticker);

    @BeforeEach
    void allowAll() {
        allow("get", "list", "patch");
    }

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void nothingIsAskedInTheFirstSecond() {
        check.run();
        ticker.advance(Duration.ofMillis(999));
        check.run();
        assertThat(api.requests).isEmpty();

        ticker.advance(Duration.ofMillis(1));
        check.run();
        assertThat(api.requests).hasSize(3).containsOnly("POST " + PATH);
    }

    @Test
    void eachVerbIsAskedForInTheNamespace() {
        run();

        assertThat(api.posted)
                .extracting(review -> review.at("/spec/resourceAttributes").toString())
                .containsExactly(
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"get\"}",
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"list\"}",
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"patch\"}");
    }

    @Test
    void whoMayDoEverythingHearsNothing() {
        run();

        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whatIsMissingIsNamedInOneWarningWithWhatToAdd() {
        allow("get");

        run();

        assertThat(log.lines())
                .containsExactly("WARN LE-501 Not allowed to list, patch pods in namespace 'prod', which LEADER_LABEL"
                        + " needs; add to the Role of this ServiceAccount: apiGroups [''], resources [pods], verbs"
                        + " [list, patch].");
    }

    @Test
    void onceAnsweredItIsNeverAskedAgain() {
        allow();
        for (int i = 0; i < 5; i++) {
            run();
        }

        assertThat(api.requests).hasSize(3);
        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void whileTheAnswersAreOnTheirWayNothingIsAskedAgain() {
        api.hold();
        run();
        run();
        assertThat(api.requests).hasSize(3);

        api.release();
        run();
        assertThat(api.requests).hasSize(3);
    }

    @Test
    void whoGetsNoAnswerAsksAgainAndSaysOnlyThenWhatIsMissing() {
        api.fail(ApiException.NO_ANSWER);
        run();
        assertThat(log.lines()).allMatch(line -> line.startsWith("DEBUG"));

        api.work();
        allow("get", "list");
        run();

        assertThat(log.lines())
                .filteredOn(line -> line.startsWith("WARN"))
                .singleElement()
                .asString()
                .contains("Not allowed to patch pods");
    }

    @Test
    void whereSuchQuestionsAreRefusedTheyAreAskedOnce() {
        api.fail(403);
        for (int i = 0; i < 600; i++) {
            run();
        }

        assertThat(api.requests).hasSize(3);
    }

    @Test
    void whoGetsNoAnswerAsksMoreAndMoreSeldom() {
        api.fail(ApiException.NO_ANSWER);
        for (int i = 0; i < 600; i++) {
            run();
        }

        assertThat(api.requests.size() / 3).isBetween(8, 12);
    }

    @Test
    void anAnswerThatSaysNeitherYesNorNoIsNoReasonToWarn() {
        api.answer = (path, body) -> JsonNodeFactory.instance.objectNode().put("welcome", "to the login page");

        run();

        assertThat(log.lines()).isEmpty();
    }

    private void run() {
        ticker.advance(Duration.ofSeconds(1));
        check.run();
    }

    private void allow(String... verbs) {
        api.answer = (path, review) -> {
            String verb = review.at("/spec/resourceAttributes/verb").asText();
            JsonNode status = JsonNodeFactory.instance
                    .objectNode()
                    .put("allowed", List.of(verbs).contains(verb));
            return JsonNodeFactory.instance.objectNode().set("status", status);
        };
    }
}
