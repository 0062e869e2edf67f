package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two replicas that were given the same identity by mistake. */
class IdentityFaultsIT {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration GONE_AFTER_SEEN = Duration.ofMillis(50);

    private static final Duration LOOKED_AT = Duration.ofSeconds(9);

    private static Scene twins(Timings timings) {
        Scene scene = Scene.open("identity", timings, Map.of(), List.of("twin-a", "twin-b"));
        scene.bench().replicas().forEach(r -> r.set("IDENTITY", "twin"));
        return scene;
    }

    static List<Timings> timings() {
        // The second sees the first renew before it could take the Lease with the short ones, seldom with the others.
        return Form.timings(Timings.SHORT);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("timings")
    void theFirstNamesakeStopsLogsTheReasonAndDoesNotTakeTheLeaseBack(Timings timings) {
        try (Scene scene = twins(timings)) {
            Replica first = scene.bench().replica("twin-a");
            Replica second = scene.bench().replica("twin-b");
            first.start();
            first.awaitServing(START_LIMIT);
            scene.bench().awaitLeader(timings.leaseDuration());
            String figures;
            Replica loser;
            try (LeaseWatch lease = new LeaseWatch(scene.bench())) {
                second.start();
                second.awaitServing(START_LIMIT);
                // While a JVM starts, a machine with too few cores can starve the first of its lead.
                scene.bench().awaitLeader(timings.leaseDuration().multipliedBy(3));
                long serving = System.nanoTime();
                Wait.pass(LOOKED_AT);
                List<String> present = scene.bench().files().present();
                assertThat(present).as(scene.bench().checker()::describe).hasSize(1);
                boolean taken = present.contains(second.name());
                loser = taken ? first : second;
                assertThat(scene.bench().files().spans().stream().filter(f -> f.to() - serving > 0))
                        .as(scene.bench().checker()::describe)
                        .hasSizeLessThanOrEqualTo(taken ? 2 : 1);
                figures = taken ? takenOver(scene, lease, first, second) : "the second left it to the first";
            }
            List<String> errors = errors(loser);
            Figures.add(
                    "two replicas with one identity",
                    timings,
                    "%s; both claimed for at most %.1f ms; no change of leader in the rest of %d s; errors that name the cause: %d"
                            .formatted(figures, Scene.millis(longest(scene)), LOOKED_AT.toSeconds(), errors.size()),
                    scene.bench().files().longestBlink());
            assertThat(errors).as(loser.process()::tail).hasSize(1);
            assertThat(longest(scene)).isLessThanOrEqualTo(scene.allowing(GONE_AFTER_SEEN));
        }
    }

    private static List<String> errors(Replica replica) {
        return replica.process().lines().stream()
                .map(l -> l.text())
                .filter(t -> t.contains(" ERROR ") && t.contains("identity 'twin'"))
                .toList();
    }

    private static String takenOver(Scene scene, LeaseWatch lease, Replica first, Replica second) {
        Exchange taken = Scene.writes(second, scene.from())
                .filter(e -> e.status().getNow(0) / 100 == 2)
                .findFirst()
                .orElseThrow();
        long seen = lease.all().stream()
                .filter(s -> s.nanos() - taken.nanos() > 0)
                .findFirst()
                .orElseThrow()
                .nanos();
        Duration file = Duration.ofNanos(scene.lastFile(first).to() - seen);
        Duration claim = Duration.ofNanos(scene.lastClaim(first).to() - seen);
        String measured =
                "the second took it; the first one's claim was last seen %+.1f ms (file), %+.1f ms (HTTP) from a bystander's sight of that"
                        .formatted(Scene.millis(file), Scene.millis(claim));
        assertThat(file).as(measured).isLessThanOrEqualTo(scene.allowing(GONE_AFTER_SEEN));
        assertThat(claim).as(measured).isLessThanOrEqualTo(scene.allowing(GONE_AFTER_SEEN));
        // Its renewal may have been on its way when it saw the other's write; it cannot have succeeded.
        assertThat(Scene.writes(first, seen).filter(e -> e.status().getNow(0) / 100 == 2))
                .isEmpty();
        return measured;
    }

    /** For how long both claimed at once, at most. */
    private static Duration longest(Scene scene) {
        return scene.bench().checker().report().overlaps().stream()
                .map(Checker.Overlap::length)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    @Test
    void startedTogetherOneOfThemLeads() {
        try (Scene scene = twins(Timings.SHORT)) {
            scene.bench().replicas().forEach(Replica::start);
            scene.bench().replicas().forEach(r -> r.awaitServing(START_LIMIT));
            scene.bench().awaitLeader(scene.timings().leaseDuration().multipliedBy(2));
            Wait.pass(scene.timings().leaseDuration());
            int before = scene.bench().files().spans().size();
            Wait.pass(LOOKED_AT);
            assertThat(scene.bench().files().present()).hasSize(1);
            assertThat(scene.bench().files().spans()).hasSize(before);
            Replica loser = scene.bench().replicas().stream()
                    .filter(r -> !scene.bench().files().present().contains(r.name()))
                    .findFirst()
                    .orElseThrow();
            List<String> errors = errors(loser);
            Figures.add(
                    "two replicas with one identity, started together",
                    scene.timings(),
                    "changes of leader: %d in the first seconds, then none in %d s; both claimed for at most %.1f ms; errors that name the cause: %d"
                            .formatted(before - 1, LOOKED_AT.toSeconds(), Scene.millis(longest(scene)), errors.size()),
                    scene.bench().files().longestBlink());
            assertThat(before).isLessThanOrEqualTo(2);
            assertThat(errors).as(loser.process()::tail).hasSize(1);
            assertThat(longest(scene)).isLessThanOrEqualTo(scene.allowing(GONE_AFTER_SEEN));
        }
    }
}
