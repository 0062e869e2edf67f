package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody lays hands on the Lease, or on the permission to it. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class LeaseFaultsIT {

    private static final Duration AFTER_LEASE_DURATION = Duration.ofMillis(150);
    private static final Duration LEADS_AFTER_GRANT = Duration.ofSeconds(5);

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("lease", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource
    void aLeaseTamperedWithHasOneLeaderAgainAndNeverTwo(Hand hand) {
        Replica leader = scene.begin("Lease " + hand);
        scene.awaitRenewal(leader);
        scene.bench().history().mark("Lease is " + hand);
        long done = System.nanoTime();
        hand.lay(scene.lease());
        Duration limit = scene.timings().leaseDuration().plus(AFTER_LEASE_DURATION);
        Wait.pass(limit.plus(Duration.ofSeconds(1)));
        assertThat(scene.bench().files().present())
                .as(scene.bench().checker()::describe)
                .hasSize(1);
        List<Span> files = scene.filesOfScenario()
                .sorted(Comparator.comparingLong(s -> s.from() - scene.from()))
                .toList();
        String story;
        Duration back;
        Span first = files.get(0);
        if (files.size() == 1) {
            story = leader.name() + " led on without a break";
            back = Duration.ZERO;
        } else {
            back = Duration.ofNanos(files.get(1).from() - done);
            story = "the claim ended after %.0f ms, a leader (%s) after %.0f ms"
                    .formatted(
                            Scene.millis(first.to() - done),
                            files.get(1).replica().equals(leader.name()) ? "the same" : "another",
                            Scene.millis(back));
        }
        scene.settle();
        scene.conclude("Lease " + hand, story);
        assertThat(files.size()).as(story).isLessThanOrEqualTo(2);
        assertThat(back).isLessThanOrEqualTo(scene.allowing(limit));
    }

    @Test
    void withoutPermissionsTheLeaderStepsDownSaysWhatIsMissingAndLeadsAgainWhenItHasThem() {
        Replica leader = scene.begin("permissions revoked");
        List<Replica> all = scene.bench().replicas();
        try (ReadinessWatch readiness = new ReadinessWatch(leader)) {
            scene.awaitRenewal(leader);
            scene.bench().history().mark("revoke");
            all.forEach(r -> scene.bench().rbac().revoke(r.name()));
            long revoked = System.nanoTime();
            Wait.until(
                    Duration.ofSeconds(10),
                    () -> "Nothing was refused.",
                    () -> Scene.writes(leader, revoked).anyMatch(e -> e.status().getNow(0) == 403));
            Exchange last = scene.lastAcknowledged(leader);
            String ended = scene.claimEndsInTime(leader, last, readiness);
            Wait.pass(scene.timings().leaseDuration().multipliedBy(2));
            assertThat(scene.bench().files().present()).isEmpty();
            List<String> said = leader.process().lines().stream()
                    .filter(l -> l.nanos() - revoked > 0)
                    .map(l -> l.text())
                    .filter(t -> t.contains("is forbidden: "))
                    .toList();
            assertThat(said)
                    .as(() -> leader.process().tail())
                    .anyMatch(t -> t.contains("(update Lease ") && t.contains("Add to its Role: "));
            scene.bench().history().mark("grant");
            long granted = System.nanoTime();
            all.forEach(r -> scene.bench().rbac().grant(r.name()));
            Replica next = scene.bench().awaitLeader(Duration.ofSeconds(20));
            Duration back = Duration.ofNanos(scene.lastFile(next).from() - granted);
            scene.settle();
            scene.conclude(
                    "permissions revoked, then granted",
                    ended
                            + "; a leader %.0f ms after the grant; %d lines say what is missing"
                                    .formatted(Scene.millis(back), said.size()));
            assertThat(back).isLessThanOrEqualTo(scene.allowing(LEADS_AFTER_GRANT));
        }
    }
}
