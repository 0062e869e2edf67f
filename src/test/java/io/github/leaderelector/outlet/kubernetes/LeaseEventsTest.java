package io.github.leaderelector.outlet.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.PermissionCheck;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseEventsTest {

    private static final Duration RENEW_DEADLINE = Duration.ofHours(1);
    private static final Duration QUIET = Duration.ofMillis(500);
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final FakeApi api = new FakeApi();
    private final CollectedLog log = new CollectedLog(LeaseEvents.class);
    private final LeaseEvents events = new LeaseEvents(api, hub, ticker);
    private long version = 100;

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void aNewLeaderWritesAnEvent() {
        lead();
        tellAfter(QUIET);

        JsonNode event = written().get(0);
        assertThat(event.toString())
                .isEqualTo("{\"apiVersion\":\"v1\",\"kind\":\"Event\","
                        + "\"metadata\":{\"namespace\":\"prod\",\"name\":\"app-lock." + nanosOf(ManualTicker.START)
                        + "\"},"
                        + "\"involvedObject\":{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\","
                        + "\"namespace\":\"prod\",\"name\":\"app-lock\",\"uid\":\"uid-of-the-lease\"},"
                        + "\"type\":\"Normal\",\"reason\":\"LeaderElected\","
                        + "\"message\":\"pod-a leads (term 1, token 101).\","
                        + "\"source\":{\"component\":\"leader-elector\"},"
                        + "\"reportingComponent\":\"leader-elector\",\"reportingInstance\":\"pod-a\","
                        + "\"firstTimestamp\":\"2026-01-02T03:04:05Z\",\"lastTimestamp\":\"2026-01-02T03:04:05Z\","
                        + "\"count\":1}");
        assertThat(log.lines()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = Reason.Code.class,
            names = {"SHUTDOWN", "STEP_DOWN", "UNHEALTHY", "OVERWRITTEN"})
    void whoStopsLeadingSaysWhyAndWarnsUnlessItWasMeant(Reason.Code code) {
        lead();
        resign(code);
        tellAfter(QUIET);

        JsonNode event = written().get(1);
        assertThat(event.path("reason").asText()).isEqualTo("LeaderStopped");
        assertThat(event.path("message").asText()).isEqualTo("pod-a no longer leads: Because.");
        boolean meant = code == Reason.Code.SHUTDOWN || code == Reason.Code.STEP_DOWN;
        assertThat(event.path("type").asText()).isEqualTo(meant ? "Normal" : "Warning");
    }

    @Test
    void aClaimThatRunsOutIsAWarning() {
        lead();
        tellAfter(QUIET);
        ticker.advance(RENEW_DEADLINE);
        hub.observe(new Observation.TimePassed());
        tellAfter(QUIET);

        assertThat(written()).hasSize(2).last().satisfies(event -> {
            assertThat(event.path("type").asText()).isEqualTo("Warning");
            assertThat(event.path("message").asText()).startsWith("pod-a no longer leads: ");
        });
    }

    @Test
    void renewalsAndTheChangesOfOthersAreNotOurs() {
        follow("pod-b");
        follow("pod-c");
        tellAfter(QUIET);
        assertThat(written()).isEmpty();

        lead();
        renew();
        renew();
        tellAfter(QUIET);
        assertThat(written()).hasSize(1);
    }

    @Test
    void inTheHalfSecondAfterAChangeNothingIsWritten() {
        lead();
        tellAfter(Duration.ZERO);
        tellAfter(QUIET.minusMillis(1));
        assertThat(api.requests).isEmpty();

        tellAfter(Duration.ofMillis(1));
        assertThat(written()).hasSize(1);
    }

    @Test
    void toldTheSameAgainItWritesNothing() {
        lead();
        for (int i = 0; i < 5; i++) {
            tellAfter(QUIET);
        }

        assertThat(written()).hasSize(1);
    }

    @Test
    void changesAreWrittenInOrder() {
        lead();
        resign(Reason.Code.STEP_DOWN);
        api.hold();
        tellAfter(QUIET);
        tellAfter(QUIET);
        assertThat(eventPosts()).hasSize(1);

        api.release();
        assertThat(reasons()).containsExactly("LeaderElected", "LeaderStopped");
    }

    @Test
    void anEventThatGotNoAnswerIsTriedAgainUnderTheSameNameAfterGrowingPauses() {
        lead();
        api.fail(ApiException.NO_ANSWER);
        for (int tick = 0; tick < 200; tick++) {
            tellAfter(Duration.ofMillis(100));
        }
        // After 1, 2, 4 and 8 seconds, less up to half of that.
        assertThat(eventPosts()).hasSizeBetween(4, 7);
        assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN"));

        api.work();
        tellAfter(Duration.ofSeconds(30));
        assertThat(written())
                .singleElement()
                .satisfies(event -> assertThat(event.at("/metadata/name").asText())
                        .isEqualTo("app-lock." + nanosOf(ManualTicker.START)));
    }

    @Test
    void whatIsRefusedIsSaidOnceAndNotTriedAgain() {
        lead();
        resign(Reason.Code.STEP_DOWN);
        api.fail(422);
        tellAfter(QUIET);
        tellAfter(Duration.ofMinutes(1));

        assertThat(eventPosts()).hasSize(2);
        assertThat(log.lines())
                .containsExactly("WARN LE-505 A Kubernetes Event was refused: status 422. Nothing else depends on it.");
    }

    @Test
    void thatThereIsNoLeaseToWriteAnEventOnIsNotSaid() {
        api.fail(404);
        lead();
        tellAfter(QUIET);

        assertThat(eventPosts()).hasSize(1);
        assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN"));
    }

    @Test
    void aRefusalAfterASuccessIsSaidAgain() {
        api.fail(422);
        lead();
        tellAfter(QUIET);
        api.work();
        resign(Reason.Code.STEP_DOWN);
        tellAfter(QUIET);
        api.fail(422);
        hub.observe(new Observation.CampaignAllowed());
        lead();
        tellAfter(QUIET);

        assertThat(log.lines()).hasSize(2).allMatch(line -> line.startsWith("WARN LE-505 "));
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 409})
    void aMissingPermissionWasSaidAtTheStartAndAnEventThatIsThereAlreadyIsNoFailure(int status) {
        lead();
        api.fail(status);
        tellAfter(QUIET);
        tellAfter(Duration.ofMinutes(1));

        assertThat(eventPosts()).hasSize(1);
        assertThat(log.lines()).isEmpty();
    }

    @Test
    void aMissingPermissionIsNamedASecondAfterTheStart() {
        api.answer = (path, body) -> JsonNodeFactory.instance
                .objectNode()
                .set("status", JsonNodeFactory.instance.objectNode().put("allowed", false));
        try (CollectedLog permissions = new CollectedLog(PermissionCheck.class)) {
            tellAfter(Duration.ofMillis(999));
            assertThat(permissions.lines()).isEmpty();
            for (int i = 0; i < 3; i++) {
                tellAfter(Duration.ofSeconds(1));
            }

            assertThat(permissions.lines())
                    .containsExactly("WARN LE-501 Not allowed to create events in namespace 'prod', which"
                            + " KUBERNETES_EVENTS needs; add to the Role of this ServiceAccount: apiGroups [''],"
                            + " resources [events], verbs [create].");
        }
    }

    @Test
    void atTheStopTheRestIsWrittenAtOnce() {
        lead();
        resign(Reason.Code.SHUTDOWN);

        CompletableFuture<Void> flushed = events.flush();

        assertThat(reasons()).containsExactly("LeaderElected", "LeaderStopped");
        assertThat(flushed).isCompleted();
    }

    @Test
    void whoHasNothingToSayIsReadyToStopAtOnce() {
        follow("pod-b");

        assertThat(events.flush()).isCompleted();
        assertThat(api.requests).isEmpty();
    }

    @Test
    void theStopWaitsForWhatIsUnderWay() {
        lead();
        api.hold();
        tellAfter(QUIET);
        resign(Reason.Code.SHUTDOWN);

        CompletableFuture<Void> flushed = events.flush();
        assertThat(flushed).isNotDone();
        api.release();

        assertThat(reasons()).containsExactly("LeaderElected", "LeaderStopped");
        assertThat(flushed).isCompleted();
    }

    @ParameterizedTest
    @ValueSource(ints = {ApiException.NO_ANSWER, 403, 422, 500})
    void theStopDoesNotWaitForWhatFails(int status) {
        lead();
        resign(Reason.Code.SHUTDOWN);
        api.fail(status);

        assertThat(events.flush()).isCompleted();
    }

    private void tellAfter(Duration time) {
        ticker.advance(time);
        events.onLeadership(hub.current());
    }

    private List<JsonNode> written() {
        return api.posted.stream()
                .filter(body -> body.path("kind").asText().equals("Event"))
                .toList();
    }

    private List<String> reasons() {
        return written().stream().map(event -> event.path("reason").asText()).toList();
    }

    private List<String> eventPosts() {
        return api.posts().stream().filter(post -> !post.endsWith(REVIEWS)).toList();
    }

    private static String nanosOf(java.time.Instant at) {
        return Long.toHexString(at.getEpochSecond() * 1_000_000_000L + at.getNano());
    }

    private void lead() {
        version++;
        renew();
    }

    private void renew() {
        hub.observe(new Observation.WriteAcknowledged(
                new ObservedLease("pod-a", 1, version, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
    }

    private void follow(String holder) {
        version++;
        hub.observe(new Observation.LeaseSeen(
                new ObservedLease(holder, 1, version, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                Observation.Writer.OTHER,
                true));
    }

    private void resign(Reason.Code code) {
        hub.observe(new Observation.ResignRequested(new Reason(code, "Because.")));
    }
}
