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
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The API server answers the leader badly, or is away for a while; for half the renew deadline. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class ApiFaultsIT {

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.DEFAULT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("api", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    private static Duration faulty() {
        return scene.timings().renewDeadline().dividedBy(2);
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
                "%s for %.0f s at the leader".formatted(what, Scene.millis(faulty()) / 1000),
                "the same leader, one file; %d requests met it; renewed %.0f ms after it"
                        .formatted(hits, Scene.millis(renewed)));
    }

    @Test
    void aLeaderWaitsAsLongAsItIsAskedTo() {
        Replica leader = scene.begin("429");
        int wait = (int) Math.max(1, faulty().toSeconds() - 1);
        scene.awaitRenewal(leader);
        long start = System.nanoTime();
        int hits = during(leader, ApiRequest::aboutLeases, Fault.tooManyRequests(wait));
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
                "429 with Retry-After: %d for %.0f s at the leader".formatted(wait, Scene.millis(faulty()) / 1000),
                "the same leader, one file; %d requests met it, the next came after %s ms; renewed %.0f ms after it"
                        .formatted(hits, refused, Scene.millis(renewed)));
        assertThat(refused).isNotEmpty().allMatch(ms -> ms >= wait * 1000L - 20);
    }

    private static int during(Replica leader, Predicate<ApiRequest> requests, Fault fault) {
        HttpFaultProxy.Rule rule = leader.api().inject(requests, fault);
        Wait.pass(faulty());
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
        Assumptions.assumeTrue(
                scene.timings().equals(Timings.DEFAULT),
                "The API server takes longer to start than a leader may go without it, with " + scene.timings() + ".");
        Replica leader = scene.begin("API server restarted");
        scene.awaitRenewal(leader);
        long killed = System.nanoTime();
        scene.server().kill();
        scene.server().start();
        Duration outage = Duration.ofNanos(System.nanoTime() - killed);
        scene.bench().history().mark("API server ready");
        Assumptions.assumeTrue(
                outage.plus(scene.timings().retryPeriod())
                                .compareTo(scene.timings().renewDeadline())
                        < 0,
                "The API server took " + outage + " to start: too long for what is shown here.");
        Duration renewed = assertSameLeader(leader);
        Wait.pass(Duration.ofSeconds(5));
        assertThat(scene.led()).containsExactly(leader.name());
        scene.settle();
        scene.conclude(
                "API server killed and started again, away for %.1f s".formatted(Scene.millis(outage) / 1000),
                "the same leader, one file; renewed %.0f ms after readyz".formatted(Scene.millis(renewed)));
    }
}
