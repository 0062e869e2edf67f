package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two replicas that were given the same identity by mistake. */
class IdentityFaultsIT {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration GONE_AFTER_SEEN = Duration.ofMillis(50);

    private Scene scene;
    private Replica first;
    private Replica second;

    @BeforeEach
    void setUp() {
        scene = Scene.open("identity", Timings.SHORT, Map.of("IDENTITY", "twin"), List.of("twin-a", "twin-b"));
        first = scene.bench().replica("twin-a");
        second = scene.bench().replica("twin-b");
        first.set("IDENTITY", "twin");
        second.set("IDENTITY", "twin");
    }

    @AfterEach
    void tearDown() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void theOneThatSeesTheOthersWriteStopsSaysWhyAndDoesNotTakeItBack() {
        first.start();
        first.awaitServing(START_LIMIT);
        scene.bench().awaitLeader(scene.timings().leaseDuration());
        try (LeaseWatch lease = new LeaseWatch(scene.bench())) {
            second.start();
            second.awaitServing(START_LIMIT);
            scene.bench().awaitLeaderOtherThan(first, scene.timings().leaseDuration().multipliedBy(3));
            Exchange taken = Scene.writes(second, 0)
                    .filter(e -> e.status().getNow(0) / 100 == 2)
                    .findFirst()
                    .orElseThrow();
            Wait.pass(scene.timings().leaseDuration().multipliedBy(3));
            assertThat(scene.bench().files().present()).containsExactly(second.name());
            assertThat(scene.bench().files().spans())
                    .as(scene.bench().checker()::describe)
                    .hasSize(2);
            long seen = lease.all().stream()
                    .filter(s -> s.nanos() - taken.nanos() > 0)
                    .findFirst()
                    .orElseThrow()
                    .nanos();
            Duration file = Duration.ofNanos(scene.lastFile(first).to() - seen);
            Duration claim = Duration.ofNanos(scene.lastClaim(first).to() - seen);
            long writesAfter = Scene.writes(first, seen)
                    .filter(e -> e.status().getNow(0) / 100 == 2)
                    .count();
            List<String> errors = first.process().lines().stream()
                    .map(l -> l.text())
                    .filter(t -> t.contains(" ERROR ") && t.contains("identity 'twin'"))
                    .toList();
            second.kill();
            Replica next = scene.bench()
                    .awaitLeaderOtherThan(second, scene.timings().leaseDuration().multipliedBy(3));
            assertThat(next).isSameAs(first);
            Figures.add(
                    "two replicas with one identity",
                    scene.timings(),
                    "both claimed for at most %s (%s); the first one's claim was last seen %+.1f ms (file), %+.1f ms (HTTP) from a bystander's sight of the other's write; no change of leader in the next %d s, %d writes of the first; errors that name the cause: %d"
                            .formatted(
                                    longest(),
                                    "by the files and HTTP",
                                    Scene.millis(file),
                                    Scene.millis(claim),
                                    scene.timings().leaseDuration().multipliedBy(3).toSeconds(),
                                    writesAfter,
                                    errors.size()));
            assertThat(file).isLessThanOrEqualTo(GONE_AFTER_SEEN);
            assertThat(claim).isLessThanOrEqualTo(GONE_AFTER_SEEN);
            assertThat(writesAfter).isZero();
            assertThat(errors).as(first.process()::tail).isNotEmpty();
        }
    }

    private String longest() {
        return scene.bench().checker().report().overlaps().stream()
                .map(Checker.Overlap::length)
                .max(Duration::compareTo)
                .map(d -> "%.1f ms".formatted(Scene.millis(d)))
                .orElse("0 ms");
    }

    @Test
    void startedTogetherOneOfThemLeads() {
        first.start();
        second.start();
        first.awaitServing(START_LIMIT);
        second.awaitServing(START_LIMIT);
        scene.bench().awaitLeader(scene.timings().leaseDuration().multipliedBy(2));
        Wait.pass(scene.timings().leaseDuration());
        int before = scene.bench().files().spans().size();
        Wait.pass(scene.timings().leaseDuration().multipliedBy(3));
        assertThat(scene.bench().files().present()).hasSize(1);
        assertThat(scene.bench().files().spans()).hasSize(before);
        Figures.add(
                "two replicas with one identity, started together",
                scene.timings(),
                "changes of leader: %d in the first seconds, then none in %d s; both claimed for at most %s"
                        .formatted(before - 1, scene.timings().leaseDuration().multipliedBy(3).toSeconds(), longest()));
        assertThat(before).isLessThanOrEqualTo(2);
        assertThat(scene.bench()
                        .admin()
                        .leases()
                        .inNamespace(scene.bench().namespace())
                        .withName(Bench.LEASE)
                        .get()
                        .getSpec()
                        .getHolderIdentity())
                .isEqualTo("twin");
    }
}
