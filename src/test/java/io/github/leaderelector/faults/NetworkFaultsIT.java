package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.FaultProxy;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The API server cannot be reached, by one replica or by all. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class NetworkFaultsIT {

    private static final int ROUNDS = 5;

    /** For the answer, the next loop of the renewal, and the test's own looks. */
    private static final Duration MARGIN = Duration.ofMillis(150);

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("network", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    static Stream<Arguments> blackHoles() {
        Consumer<FaultProxy> both = FaultProxy::blackHole;
        Consumer<FaultProxy> requests = n -> n.blackHole(FaultProxy.Direction.REQUESTS);
        Consumer<FaultProxy> answers = n -> n.blackHole(FaultProxy.Direction.ANSWERS);
        return Stream.of(
                Arguments.of("both ways", both),
                Arguments.of("requests only", requests),
                Arguments.of("answers only", answers));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("blackHoles")
    void aLeaderCutOffStopsInTimeAndCampaignsAgainWhenTrafficReturns(String ways, Consumer<FaultProxy> blackHole) {
        Replica leader = scene.begin("black hole, " + ways);
        try (ReadinessWatch readiness = new ReadinessWatch(leader)) {
            Exchange last = scene.awaitRenewal(leader);
            scene.bench().history().mark("black hole " + leader.name());
            blackHole.accept(leader.network());
            String ended = scene.claimEndsInTime(leader, last, readiness);
            Replica next = scene.bench()
                    .awaitLeaderOtherThan(
                            leader, scene.timings().leaseDuration().multipliedBy(3));
            double after = Scene.millis(
                    scene.lastFile(next).from() - scene.lastFile(leader).to());
            scene.bench().history().mark("heal " + leader.name());
            long healed = System.nanoTime();
            leader.network().heal();
            scene.settle();
            double knows = Scene.millis(System.nanoTime() - healed);
            scene.giveLeadTo(leader);
            scene.conclude(
                    "leader black-holed, " + ways,
                    ended
                            + "; the next file %.0f ms later; %.0f ms after the heal it knows who leads, and it leads again when the others are cut off"
                                    .formatted(after, knows));
        }
    }

    /** B6: as when a firewall forgets what it had let through. */
    @Test
    void aRenewalOnASilentConnectionIsSentAgainOnANewOne() {
        Replica leader = scene.begin("established connections black-holed");
        Timings times = scene.timings();
        // A request may take a third of the deadline or a retry period; an old connection gets a quarter of that.
        Duration silence =
                longer(times.renewDeadline().dividedBy(3), times.retryPeriod()).dividedBy(4);
        Duration leftAtLeast = times.renewDeadline().minus(times.retryPeriod()).minus(silence);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            scene.awaitRenewal(leader);
            scene.bench().replicas().forEach(replica -> replica.network().blackHoleEstablished());
            long end = System.nanoTime() + times.renewDeadline().toNanos();
            while (System.nanoTime() - end < 0) {
                LeaderAnswer last = leader.claims().last();
                assertThat(last.leader()).as("%s", last).isTrue();
                least = Math.min(least, last.validForMillis());
                Wait.pass(Duration.ofMillis(5));
            }
        }
        String measured = "the same leader, one file; never less than " + least + " ms left of the claim";
        assertThat(scene.filesOfScenario()).as("one file without a break").hasSize(1);
        assertThat(Duration.ofMillis(least).plus(scene.allowing(MARGIN)))
                .as(measured)
                .isGreaterThanOrEqualTo(leftAtLeast);
        scene.conclude("established connections black-holed, new ones work, " + ROUNDS + " times", measured);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    @Test
    void aShortOutageIsNotNoticed() {
        Replica leader = scene.begin("network outage shorter than the renew deadline");
        scene.awaitRenewal(leader);
        Duration outage = scene.timings().renewDeadline().multipliedBy(3).dividedBy(5);
        for (Replica replica : scene.bench().replicas()) {
            replica.network().refuse();
            replica.network().reset();
        }
        Wait.pass(outage);
        scene.heal();
        Wait.pass(scene.timings().leaseDuration().multipliedBy(2));
        assertThat(scene.filesOfScenario()).as("one file without a break").hasSize(1);
        assertThat(scene.led()).containsExactly(leader.name());
        assertThat(scene.lastClaim(leader).from() - scene.from())
                .as("one claim over HTTP")
                .isNegative();
        scene.conclude(
                "API server refuses connections for " + outage.toMillis() + " ms",
                "the same leader, one file, one claim");
    }

    @Test
    void whenTheApiServerIsGoneEveryoneStepsDownAndOneLeadsWhenItReturns() {
        Replica leader = scene.begin("API server gone");
        try (ReadinessWatch readiness = new ReadinessWatch(leader)) {
            Exchange last = scene.awaitRenewal(leader);
            scene.bench().history().mark("kill the API server");
            long killed = System.nanoTime();
            scene.server().kill();
            String ended = scene.claimEndsInTime(leader, last, readiness);
            Duration outage = Duration.ofSeconds(Form.amount("faults.outage", 60, 12));
            Wait.pass(outage.minusNanos(System.nanoTime() - killed));
            assertThat(scene.bench().files().present()).isEmpty();
            scene.bench().history().mark("start the API server");
            scene.server().start();
            long ready = System.nanoTime();
            Replica next = scene.bench().awaitLeader(scene.timings().leaseDuration());
            double back = Scene.millis(scene.lastFile(next).from() - ready);
            Wait.pass(scene.timings().leaseDuration());
            assertThat(scene.bench().files().present()).isEqualTo(List.of(next.name()));
            scene.conclude(
                    "API server gone for " + outage.toSeconds() + " s and its start",
                    ended + "; a leader %+.0f ms from readyz".formatted(back));
            assertThat(back)
                    .as("ms from readyz to a leader")
                    .isLessThanOrEqualTo(Scene.millis(scene.timings().retryPeriod()));
        }
    }
}
