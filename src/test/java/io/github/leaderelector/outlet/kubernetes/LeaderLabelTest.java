package io.github.leaderelector.outlet.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.config.PodLabel;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeaderLabelTest {

    private static final Duration RENEW_DEADLINE = Duration.ofHours(1);
    private static final PodLabel LABEL = new PodLabel("leader-elector/role", "leader");
    private static final String APP = "ReplicaSet/app";

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final CollectedLog log = new CollectedLog(LeaderLabel.class);
    private final FakePods pods = new FakePods();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final LeaderLabel label = new LeaderLabel(pods, LABEL, "pod-a", hub::leads, ticker, meters, () -> {});
    private long version = 100;

    @BeforeEach
    void addPods() {
        pods.add("pod-a", "uid-a", false, null, APP);
        pods.add("pod-b", "uid-b", false, null, APP);
    }

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void theLeadersPodCarriesTheLabelAndAMarkWithLeaseAndToken() throws IOException {
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
        assertThat(pods.pod("pod-a").mark()).isEqualTo("prod/app-lock 101");
    }

    @Test
    void whoNoLongerLeadsDoesNotCarryIt() throws IOException {
        lead();
        tell();
        resign();
        tell();

        assertThat(pods.carriers()).isEmpty();
        assertThat(pods.pod("pod-a").mark()).isNull();
    }

    @Test
    void toldTheSameAgainItAsksForNothing() throws IOException {
        tell();
        assertThat(pods.requests).containsExactly("get pod-a");
        lead();
        tell();
        assertThat(pods.requests).containsExactly("get pod-a", "list", "label pod-a");

        for (int second = 0; second < 59; second++) {
            ticker.advance(Duration.ofSeconds(1));
            renew();
            tell();
        }

        assertThat(pods.requests).hasSize(3);
    }

    @Test
    void aLabelThatAnEarlierLifeLeftIsRemovedAtTheStart() throws IOException {
        pods.add("pod-a", "uid-a", true, "prod/app-lock 17", APP);

        tell();

        assertThat(pods.carriers()).isEmpty();
    }

    @Test
    void aRestartThatLeadsAtOnceKeepsTheLabelWithTheNewToken() throws IOException {
        pods.add("pod-a", "uid-a", true, "prod/app-lock 17", APP);
        lead();
        tell();

        assertThat(pods.pod("pod-a").mark()).isEqualTo("prod/app-lock 101");
        assertThat(pods.requests).doesNotContain("unlabel pod-a");
    }

    @Test
    void aNewLeaderFirstRemovesTheLabelFromOtherPods() throws IOException {
        pods.add("pod-b", "uid-b", true, "prod/app-lock 17", APP);
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
        assertThat(pods.requests).containsExactly("list", "unlabel pod-b", "label pod-a");
        assertThat(log.lines())
                .containsExactly("INFO LE-504 Pod 'pod-b' still carried the label 'leader-elector/role=leader'; it was"
                        + " removed there.");
    }

    @Test
    void aPodThatCannotBeChangedDoesNotKeepTheLabelsOfOthers() throws IOException {
        pods.add("pod-b", "uid-b", true, "prod/app-lock 17", APP);
        pods.add("pod-c", "uid-c", true, "prod/app-lock 18", APP);
        pods.fail(403, "unlabel pod-b"::equals);
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a", "pod-b");
        assertThat(log.lines()).anyMatch(line -> line.startsWith("WARN LE-502 "));
    }

    @Test
    void theLabelOfAnotherElectionIsLeftAlone() throws IOException {
        pods.add("pod-b", "uid-b", true, "prod/other-lock 17", APP);
        pods.add("pod-c", "uid-c", true, "prod/app-lock-2 17", APP);
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a", "pod-b", "pod-c");
    }

    @Test
    void aLabelWithoutAMarkIsRemovedFromPodsOfTheSameWorkloadOnly() throws IOException {
        pods.add("pod-b", "uid-b", true, null, APP);
        pods.add("pod-c", "uid-c", true, null, "ReplicaSet/other");
        pods.add("pod-d", "uid-d", true, null, null);
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a", "pod-c", "pod-d");
    }

    @Test
    void onceAMinuteTheLeaderMakesGoodWhatWasDoneOutside() throws IOException {
        lead();
        tell();
        pods.add("pod-a", "uid-a", false, null, APP);
        pods.add("pod-b", "uid-b", true, "prod/app-lock 17", APP);
        ticker.advance(Duration.ofSeconds(59));
        tell();
        assertThat(pods.carriers()).containsExactly("pod-b");

        ticker.advance(Duration.ofSeconds(1));
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
    }

    @Test
    void aClaimThatEndsWhileTheLabelIsSetLeavesNoLabel() throws IOException {
        lead();
        pods.beforeAnswer = () -> {
            if (pods.requests.contains("label pod-a")) {
                ticker.advance(RENEW_DEADLINE);
            }
        };
        tell();

        assertThat(pods.carriers()).isEmpty();
        assertThat(pods.requests).endsWith("label pod-a", "unlabel pod-a");
    }

    @Test
    void aClaimThatEndsBeforeTheLabelIsSetSetsNone() throws IOException {
        tell();
        lead();
        pods.beforeAnswer = () -> ticker.advance(RENEW_DEADLINE);
        tell();

        assertThat(pods.requests).containsExactly("get pod-a", "list");
    }

    @Test
    void aLabelThatCannotBeRemovedHoldsUpTheReleaseUntilItIs() throws IOException {
        lead();
        tell();
        resign();
        pods.fail(500, request -> request.startsWith("unlabel"));
        for (int tick = 0; tick < 3; tick++) {
            assertThatThrownBy(this::tell)
                    .isInstanceOf(IOException.class)
                    .hasMessage("Pod 'pod-a' may still carry the label 'leader-elector/role=leader', though it does"
                            + " not lead.");
        }
        assertThat(failures()).isEqualTo(1);

        pods.work();
        ticker.advance(Duration.ofSeconds(1));
        tell();

        assertThat(pods.carriers()).isEmpty();
    }

    @Test
    void aLabelThatMayHaveBeenSetIsRemoved() throws IOException {
        tell();
        lead();
        pods.loseAnswers(request -> request.startsWith("label"));
        tell();
        assertThat(pods.carriers()).containsExactly("pod-a");
        pods.work();

        resign();
        tell();

        assertThat(pods.carriers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 404})
    void aLabelThatWasRefusedHoldsNothingUp(int status) throws IOException {
        pods.fail(status, request -> true);
        tell();
        lead();
        tell();
        assertThat(log.lines()).hasSize(1);

        resign();
        tell();

        assertThat(pods.carriers()).isEmpty();
        assertThat(failures()).isPositive();
    }

    @Test
    void aPodThatIsGoneCarriesNothing() throws IOException {
        lead();
        tell();
        resign();
        pods.fail(404, request -> true);

        tell();

        assertThat(log.lines()).isEmpty();
    }

    @Test
    void aPodOfOurNameThatIsNotOursIsLeftAlone() throws IOException {
        lead();
        tell();
        pods.add("pod-a", "uid-new", true, "prod/app-lock 102", APP);
        resign();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
    }

    @Test
    void aFailureIsSaidOnceAndTriedAgainAfterGrowingPausesThenSaidToBeOver() throws IOException {
        lead();
        pods.fail(500, request -> request.startsWith("label"));
        for (int second = 0; second < 20; second++) {
            tell();
            ticker.advance(Duration.ofSeconds(1));
        }
        assertThat(log.lines())
                .containsExactly(
                        "WARN LE-502 The label 'leader-elector/role=leader' of pod 'pod-a' cannot be kept in order:"
                                + " status 500.");
        assertThat(failures()).isBetween(4.0, 8.0);
        pods.work();
        ticker.advance(Duration.ofSeconds(30));
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
        assertThat(log.lines())
                .hasSize(2)
                .last()
                .isEqualTo("INFO LE-503 The label 'leader-elector/role=leader' of pod 'pod-a' is in order again.");
    }

    @Test
    void aNewStateIsTriedAtOnceAfterAnyFailure() throws IOException {
        lead();
        pods.loseAnswers(request -> request.startsWith("label"));
        tell();
        pods.work();
        resign();

        tell();

        assertThat(pods.requests).endsWith("unlabel pod-a");
    }

    @Test
    void withoutThePermissionToListTheLabelIsStillSet() throws IOException {
        pods.fail(403, request -> request.equals("list"));
        lead();
        tell();

        assertThat(pods.carriers()).containsExactly("pod-a");
        assertThat(failures()).isEqualTo(1);
    }

    private void tell() throws IOException {
        label.onLeadership(hub.current());
    }

    private double failures() {
        return meters.get("leader_elector_label_failures").counter().count();
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

    private void resign() {
        hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.SHUTDOWN, "Stopping.")));
    }
}
