package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The replicas may get, create and update the Lease, but not watch it. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class WatchForbiddenIT {

    private static final int PERIODS = 12;

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.open("no-watch", timings, Map.of(), Scene.THREE);
        scene.bench().replicas().forEach(r -> scene.bench().rbac().grant(r.name(), "get", "update"));
        scene.bench().startAll();
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void withoutAWatchTheyAskAtEachRetryPeriodAndSayOnceThatAWatchWouldBeBetter() {
        Replica leader = scene.begin("watch forbidden");
        // A first attempt to watch may time out on a busy machine.
        Wait.until(
                Duration.ofSeconds(60),
                () -> "Not all say that they may not watch: " + said(),
                () -> said().stream().allMatch(n -> n > 0));
        long from = System.nanoTime();
        Duration lookedAt = scene.timings().retryPeriod().multipliedBy(PERIODS);
        Wait.pass(lookedAt);
        List<Long> gets = scene.bench().replicas().stream()
                .filter(r -> r != leader)
                .map(r -> r.api().countsSince(from).getOrDefault("get leases", 0L))
                .toList();
        long leaderGets = leader.api().countsSince(from).getOrDefault("get leases", 0L);
        leader.terminate();
        Replica second =
                scene.bench().awaitLeaderOtherThan(leader, scene.timings().leaseDuration());
        Duration released = Duration.ofNanos(
                scene.lastFile(second).from() - scene.lastFile(leader).to());
        Wait.pass(scene.timings().retryPeriod().multipliedBy(2));
        // Not amid a write, which may go through without an answer.
        long lastSent = scene.awaitRenewal(second).nanos();
        second.kill();
        Replica third = scene.bench()
                .awaitLeaderOtherThan(second, scene.timings().leaseDuration().multipliedBy(3));
        Duration expired = Duration.ofNanos(scene.lastFile(third).from() - lastSent)
                .minus(scene.timings().leaseDuration());
        List<Long> said = said();
        scene.conclude(
                "watch forbidden",
                "GETs of the followers in %d s: %s, of the leader: %d; a new leader %.0f ms after SIGTERM's release, %.0f ms after the expiry on SIGKILL; each said %s times that a watch would be better"
                        .formatted(
                                lookedAt.toSeconds(),
                                gets,
                                leaderGets,
                                Scene.millis(released),
                                Scene.millis(expired),
                                said));
        // A follower asks again after half a retry period to a whole one, at random.
        assertThat(gets).allMatch(n -> n >= PERIODS - 1 && n <= PERIODS * 2 + 2);
        assertThat(leaderGets).isLessThanOrEqualTo(1);
        assertThat(said).allMatch(n -> n == 1);
        assertThat(released).isLessThanOrEqualTo(scene.timings().retryPeriod().multipliedBy(2));
        assertThat(expired)
                .isGreaterThanOrEqualTo(Duration.ZERO)
                .isLessThanOrEqualTo(scene.timings().retryPeriod().multipliedBy(2));
    }
    /** How often each said that a watch would be better. */
    private static List<Long> said() {
        return scene.bench().replicas().stream()
                .map(r -> r.process().lines().stream()
                        .filter(l -> l.text().contains("Without it a follower has to ask"))
                        .count())
                .toList();
    }
}
