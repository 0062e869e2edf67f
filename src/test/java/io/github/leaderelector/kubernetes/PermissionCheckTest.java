package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PermissionCheckTest {

    private final ManualTicker ticker = new ManualTicker();
    private final List<JsonNode> asked = new ArrayList<>();
    private final List<CompletableFuture<JsonNode>> open = new ArrayList<>();
    private Function<JsonNode, CompletableFuture<JsonNode>> server = review -> new CompletableFuture<>();
    private final CollectedLog log = new CollectedLog(PermissionCheck.class);
    private final PermissionCheck check = check(new Permission("", "pods", null, List.of("get", "list", "patch")));

    private PermissionCheck check(Permission... needed) {
        return new PermissionCheck(
                review -> {
                    asked.add(review);
                    return server.apply(review);
                },
                "prod",
                List.of(needed),
                "LEADER_LABEL",
                ticker);
    }

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
        assertThat(asked).isEmpty();

        ticker.advance(Duration.ofMillis(1));
        check.run();
        assertThat(asked).hasSize(3);
    }

    @Test
    void eachVerbIsAskedForInTheNamespace() {
        run();

        assertThat(asked)
                .extracting(review -> review.at("/spec/resourceAttributes").toString())
                .containsExactly(
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"get\"}",
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"list\"}",
                        "{\"namespace\":\"prod\",\"resource\":\"pods\",\"verb\":\"patch\"}");
    }

    /** A Role may name the one object, but not one that is yet to be created. */
    @Test
    void whatHasANameIsAskedForByItAndNamedInTheAdvice() {
        allow("create");
        PermissionCheck named =
                check(new Permission("discovery.k8s.io", "endpointslices", "a", List.of("get", "create")));
        ticker.advance(Duration.ofSeconds(1));
        named.run();

        assertThat(asked)
                .extracting(review -> review.at("/spec/resourceAttributes/name").asText("all"))
                .containsExactly("a", "all");
        assertThat(log.lines())
                .containsExactly("WARN LE-501 Not allowed to get endpointslices in namespace 'prod', which LEADER_LABEL"
                        + " needs; add to the Role of this ServiceAccount: apiGroups [discovery.k8s.io], resources"
                        + " [endpointslices], verbs [get], resourceNames [a].");
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

        assertThat(asked).hasSize(3);
        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void whileTheAnswersAreOnTheirWayNothingIsAskedAgain() {
        server = review -> {
            open.add(new CompletableFuture<>());
            return open.get(open.size() - 1);
        };
        run();
        run();
        assertThat(asked).hasSize(3);

        open.forEach(answer -> answer.complete(JsonNodeFactory.instance.objectNode()));
        run();
        assertThat(asked).hasSize(3);
    }

    @Test
    void whoGetsNoAnswerAsksAgainAndSaysOnlyThenWhatIsMissing() {
        fail(ApiException.NO_ANSWER);
        run();
        assertThat(log.lines()).allMatch(line -> line.startsWith("DEBUG"));

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
        fail(403);
        for (int i = 0; i < 600; i++) {
            run();
        }

        assertThat(asked).hasSize(3);
    }

    @Test
    void whoGetsNoAnswerAsksMoreAndMoreSeldom() {
        fail(ApiException.NO_ANSWER);
        for (int i = 0; i < 600; i++) {
            run();
        }

        assertThat(asked.size() / 3).isBetween(8, 12);
    }

    @Test
    void anAnswerThatSaysNeitherYesNorNoIsNoReasonToWarn() {
        server = review -> CompletableFuture.completedFuture(
                JsonNodeFactory.instance.objectNode().put("welcome", "to the login page"));

        run();

        assertThat(log.lines()).isEmpty();
    }

    private void run() {
        ticker.advance(Duration.ofSeconds(1));
        check.run();
    }

    private void allow(String... verbs) {
        server = review -> {
            String verb = review.at("/spec/resourceAttributes/verb").asText();
            JsonNode status = JsonNodeFactory.instance
                    .objectNode()
                    .put("allowed", List.of(verbs).contains(verb));
            return CompletableFuture.completedFuture(
                    JsonNodeFactory.instance.objectNode().set("status", status));
        };
    }

    private void fail(int status) {
        server = review -> CompletableFuture.failedFuture(new ApiException(status, "status " + status + ".", null));
    }
}
