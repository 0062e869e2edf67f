package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Leaders told to stop, one after the other: {@code -Dfaults.handovers} of them. With {@code -Dfaults.timing=strict}
 * the times are asserted, too; on a machine that others use they say more of the machine.
 */
class HandoverFaultsIT {

    private static final int HANDOVERS = Integer.getInteger("faults.handovers", 40);
    private static final Duration MEDIAN = Duration.ofMillis(25);
    private static final Duration P99 = Duration.ofMillis(100);

    private static Scene scene;

    @BeforeAll
    static void startReplicas() {
        scene = Scene.ofThree("handovers", Timings.DEFAULT);
    }

    @AfterAll
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void leadersToldToStopHandOverAndNobodyLeadsBeside() {
        scene.begin("handovers");
        for (int round = 0; round < HANDOVERS; round++) {
            Replica leader = scene.settle();
            leader.terminate();
            scene.bench().awaitLeaderOtherThan(leader, scene.timings().leaseDuration());
            assertThat(leader.process().awaitExit(Duration.ofSeconds(15)))
                    .as("exit code of %s", leader.name())
                    .isZero();
        }
        Checker.Report report = scene.bench().checker().report();
        Percentiles gaps = report.spread("SIGTERM");
        scene.conclude("SIGTERM among 3", "no overlap, tokens grow; without a leader: " + gaps);
        assertThat(gaps.sorted()).hasSize(HANDOVERS);
        if ("strict".equals(System.getProperty("faults.timing"))) {
            assertThat(gaps.median()).isLessThanOrEqualTo(MEDIAN);
            assertThat(gaps.at(99)).isLessThanOrEqualTo(P99);
        }
    }
}
