package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.ApiRequest;
import io.github.leaderelector.testkit.Fault;
import io.github.leaderelector.testkit.HttpFaultProxy;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The API server answers the leader badly, or is away for a while; with the default timings. */
class ApiFaultsIT {

    private static final Duration FAULTY = Duration.ofSeconds(5);
    private static final int RETRY_AFTER_SECONDS = 4;

    private static Scene scene;

    @BeforeAll
    static void startReplicas() {
        scene = Scene.ofThree("api", Timings.DEFAULT);
    }

    @AfterAll
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    static Stream<Arguments> moods() {
        Predicate<ApiRequest> all = ApiRequest::aboutLeases;
        Predicate<ApiRequest> writes = ApiRequest::writesLeases;
        return Stream.of(
                Arguments.of("403", all, Fault.status(403)),
                Arguments.of("404", writes, Fault.status(404)),
                Arguments.of("409", writes, Fault.status(409)),
                Arguments.of("500", all, Fault.status(500)),
                Arguments.of("503", all, Fault.status(503)),
                Arguments.of("lost answers", writes, new Fault.LoseAnswer()),
                Arguments.of("a closed connection for an answer", writes, new Fault.CloseInsteadOfAnswer()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("moods")
    void aLeaderOutlivesBadAnswers(String what, Predicate<ApiRequest> requests, Fault fault) {
        Replica leader = scene.begin("bad answers: " + what);
        scene.awaitRenewal(leader);
        int hits = during(leader, requests, fault);
        assertThat(hits).as("requests that met the fault").isPositive();
        Duration renewed = assertSameLeader(leader);
        scene.conclude(
                what + " for " + FAULTY.toSeconds() + " s at the leader",
                "the same leader, one file; %d requests met it; renewed %.0f ms after it"
                        .formatted(hits, Scene.millis(renewed)));
    }

    @Test
    void aLeaderWaitsAsLongAsItIsAskedTo() {
        Replica leader = scene.begin("429");
        scene.awaitRenewal(leader);
        long start = System.nanoTime();
        int hits = during(leader, ApiRequest::aboutLeases, Fault.tooManyRequests(RETRY_AFTER_SECONDS));
        Duration renewed = assertSameLeader(leader);
        List<Exchange> all = leader.api().since(start).stream()
                .filter(e -> e.request().aboutLeases())
                .toList();
        List<Long> refused = IntStream.range(0, all.size())
                .filter(i -> all.get(i).status().getNow(0) == 429)
                .filter(i -> i + 1 < all.size())
                .mapToObj(i -> (all.get(i + 1).nanos() - all.get(i).nanos()) / 1_000_000)
                .toList();
        scene.conclude(
                "429 with Retry-After: " + RETRY_AFTER_SECONDS + " for " + FAULTY.toSeconds() + " s at the leader",
                "the same leader, one file; %d requests met it, the next came after %s ms; renewed %.0f ms after it"
                        .formatted(hits, refused, Scene.millis(renewed)));
        assertThat(refused).isNotEmpty().allMatch(ms -> ms >= RETRY_AFTER_SECONDS * 1000L - 20);
    }

    private static int during(Replica leader, Predicate<ApiRequest> requests, Fault fault) {
        HttpFaultProxy.Rule rule = leader.api().inject(requests, fault);
        Wait.pass(FAULTY);
        rule.remove();
        scene.bench().history().mark("heal " + leader.name());
        return rule.hits();
    }

    /** How long after now the leader renewed. */
    private static Duration assertSameLeader(Replica leader) {
        long healed = System.nanoTime();
        Wait.until(
                scene.timings().renewDeadline(),
                () -> leader.name() + " does not renew.",
                () -> scene.lastAcknowledged(leader).nanos() - healed > 0);
        Duration renewed = Duration.ofNanos(scene.lastAcknowledged(leader).nanos() - healed);
        assertThat(scene.filesOfScenario()).as("one file without a break").hasSize(1);
        assertThat(scene.led()).containsExactly(leader.name());
        assertThat(scene.lastClaim(leader).from() - scene.from())
                .as("one claim over HTTP since before the fault")
                .isNegative();
        return renewed;
    }

    @Test
    void aRestartOfTheApiServerIsNotNoticed() {
        Replica leader = scene.begin("API server restarted");
        scene.awaitRenewal(leader);
        long killed = System.nanoTime();
        scene.server().kill();
        scene.server().start();
        Duration outage = Duration.ofNanos(System.nanoTime() - killed);
        scene.bench().history().mark("API server ready");
        Duration renewed = assertSameLeader(leader);
        Wait.pass(Duration.ofSeconds(5));
        assertThat(scene.led()).containsExactly(leader.name());
        scene.settle();
        scene.conclude(
                "API server killed and started again, away for %.1f s".formatted(Scene.millis(outage) / 1000),
                "the same leader, one file; renewed %.0f ms after readyz".formatted(Scene.millis(renewed)));
    }

    @Test
    void aLeaderCutOffStopsInTime() {
        Replica leader = scene.begin("black hole");
        try (ReadinessWatch readiness = new ReadinessWatch(leader)) {
            Exchange last = scene.awaitRenewal(leader);
            leader.network().blackHole();
            String ended = scene.claimEndsInTime(leader, last, readiness);
            Replica next = scene.bench()
                    .awaitLeaderOtherThan(
                            leader, scene.timings().leaseDuration().multipliedBy(3));
            double after = Scene.millis(
                    scene.lastFile(next).from() - scene.lastFile(leader).to());
            scene.conclude("leader black-holed, both ways", ended + "; the next file %.0f ms later".formatted(after));
        }
    }
}
