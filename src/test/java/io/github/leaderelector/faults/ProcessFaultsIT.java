package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The leader's process dies, or stands still. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class ProcessFaultsIT {

    private static final Duration TAKEN_AFTER_EXPIRY = Duration.ofMillis(150);

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("processes", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void aKilledLeaderIsSucceededWhenItsLeaseExpiresAndNotBefore() {
        int rounds = Form.amount("faults.kills", 10, 4);
        scene.begin("SIGKILL");
        List<Duration> late = new ArrayList<>();
        List<Duration> gaps = new ArrayList<>();
        try (LeaseWatch lease = new LeaseWatch(scene.bench())) {
            for (int round = 0; round < rounds; round++) {
                Replica leader = scene.settle();
                scene.awaitRenewal(leader);
                // At any point of the period between two renewals.
                Wait.pass(scene.timings().retryPeriod().multipliedBy(round).dividedBy(rounds));
                Exchange last = scene.lastAcknowledged(leader);
                long killed = System.nanoTime();
                leader.kill();
                Replica next = scene.bench()
                        .awaitLeaderOtherThan(
                                leader, scene.timings().leaseDuration().multipliedBy(3));
                long taken = scene.lastFile(next).from();
                // A renewal that was on its way when the process died counts, too.
                Exchange lastSent =
                        Scene.writes(leader, last.nanos()).reduce((a, b) -> b).orElse(last);
                Duration afterSent = Duration.ofNanos(taken - lastSent.nanos());
                assertThat(afterSent)
                        .as("from the last renewal to the next leader's file")
                        .isGreaterThanOrEqualTo(scene.timings().leaseDuration());
                assertThat(Duration.ofNanos(firstClaim(next, taken) - lastSent.nanos()))
                        .as("from the last renewal to the next leader's claim over HTTP")
                        .isGreaterThanOrEqualTo(scene.timings().leaseDuration());
                Duration afterSeen =
                        Duration.ofNanos(taken - lease.lastOf(leader.name()).nanos());
                late.add(afterSeen.minus(scene.timings().leaseDuration()));
                gaps.add(Duration.ofNanos(taken - killed));
            }
        }
        scene.conclude(
                "SIGKILL",
                "the next file after the observed expiry: %s; after the kill: %s"
                        .formatted(Percentiles.of(late), Percentiles.of(gaps)));
        assertThat(late).allMatch(l -> l.compareTo(scene.allowing(TAKEN_AFTER_EXPIRY)) <= 0);
    }

    /** When {@code replica} first said that it leads, waiting for it to do so, in the tenure of its file. */
    private static long firstClaim(Replica replica, long file) {
        // Its first answer may come a moment before its file is seen.
        Wait.until(
                Duration.ofSeconds(10),
                () -> replica.name() + " does not say that it leads.",
                () -> replica.claims().last().leader()
                        && scene.lastClaim(replica).latest() - file > 0);
        return scene.lastClaim(replica).from();
    }

    @Test
    void aLeaderThatStoodStillDoesNotClaimAfterwards() {
        Duration still = Duration.ofSeconds(Form.amount("faults.freeze", 20, 20));
        Replica leader = scene.begin("SIGSTOP");
        scene.awaitRenewal(leader);
        leader.freeze();
        Wait.pass(still);
        assertThat(scene.bench().files().present())
                .as("the frozen one cannot remove its file, another has one beside it")
                .hasSize(2)
                .contains(leader.name());
        long thawed = leader.thaw();
        Wait.until(
                Duration.ofSeconds(10),
                () -> leader.name() + " does not answer after the thaw.",
                () -> Objects.requireNonNull(leader.claims().last()).asked() - thawed > 0);
        assertThat(leader.claims().last()).as("what it says after the thaw").returns(false, LeaderAnswer::leader);
        Wait.pass(scene.timings().leaseDuration());
        Duration file = Duration.ofNanos(Math.max(0, fileEnd(leader, thawed) - thawed));
        scene.settle();
        scene.conclude(
                "SIGSTOP " + still.toSeconds() + " s, SIGCONT",
                "file gone %.1f ms after the thaw, no claim over HTTP after it".formatted(Scene.millis(file)));
        assertThat(file).isLessThanOrEqualTo(scene.allowing(Checker.FILE_GONE_AFTER_THAW));
    }

    private static long fileEnd(Replica replica, long thawed) {
        return scene.filesOfScenario()
                .filter(s -> s.replica().equals(replica.name()) && s.from() - thawed < 0)
                .mapToLong(s -> s.to())
                .reduce((a, b) -> b - a > 0 ? b : a)
                .orElseThrow();
    }

    @Test
    void aLeaderThatStoodStillForLessThanItsClaimLeadsOn() {
        Duration still = scene.timings().renewDeadline().multipliedBy(2).dividedBy(5);
        Replica leader = scene.begin("SIGSTOP, short");
        scene.awaitRenewal(leader);
        leader.freeze();
        Wait.pass(still);
        leader.thaw();
        Wait.pass(scene.timings().leaseDuration());
        assertThat(scene.led()).containsExactly(leader.name());
        assertThat(scene.filesOfScenario()).hasSize(1);
        scene.conclude("SIGSTOP " + still.toMillis() + " ms, SIGCONT", "the same leader, one file");
    }

    @Test
    void aFrozenAndThawedFollowerChangesNothing() {
        Replica leader = scene.begin("SIGSTOP of the followers");
        List<Replica> followers =
                scene.bench().replicas().stream().filter(r -> r != leader).toList();
        followers.forEach(Replica::freeze);
        Wait.pass(scene.timings().leaseDuration().multipliedBy(2));
        followers.forEach(Replica::thaw);
        Wait.pass(scene.timings().leaseDuration());
        assertThat(scene.led()).containsExactly(leader.name());
        List<String> writers = IntStream.range(0, followers.size())
                .filter(i ->
                        Scene.writes(followers.get(i), scene.from()).findAny().isPresent())
                .mapToObj(i -> followers.get(i).name())
                .toList();
        scene.conclude(
                "SIGSTOP of both followers for "
                        + scene.timings().leaseDuration().multipliedBy(2).toSeconds() + " s",
                "the same leader; followers that tried to write after the thaw: " + writers.size());
    }
}
