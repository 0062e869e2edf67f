package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.ClientGo;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two sidecars and two electors on client-go share a Lease, as in a migration: {@code -Dfaults.mixed} handovers, from
 * one kind to the other by turns, each fifth by SIGKILL.
 */
class MixedFaultsIT {

    private static final int HANDOVERS = Form.amount("faults.mixed", 50, 8);
    private static final int KILLED_EACH = 5;
    private static final List<String> OURS = List.of("sidecar-a", "sidecar-b");
    private static final List<String> THEIRS = List.of("clientgo-a", "clientgo-b");

    private static Scene scene;
    private static Bench bench;

    @BeforeAll
    static void startReplicas() {
        Path clientGo = ClientGo.program();
        scene = Scene.open(
                "mixed", Timings.SHORT, Map.of(), List.of(OURS.get(0), OURS.get(1), THEIRS.get(0), THEIRS.get(1)));
        bench = scene.bench();
        THEIRS.forEach(name -> bench.replica(name).run(clientGo));
        bench.replicas().forEach(Replica::start);
        bench.replicas().forEach(MixedFaultsIT::awaitRunning);
    }

    @AfterAll
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void theTwoKindsNeverLeadAtTheSameTime() {
        for (int round = 1; round <= HANDOVERS; round++) {
            handOver(round % KILLED_EACH == 0);
            scene.assertClean("handover " + round);
        }
        List<Checker.Gap> all = bench.checker().report().gaps();
        scene.conclude(
                HANDOVERS + " handovers among two sidecars and two on client-go",
                "no overlap; without a leader, client-go to us: %s (SIGTERM), %s (SIGKILL); us to client-go: %s, %s"
                        .formatted(
                                spread(all, "SIGTERM", THEIRS, OURS),
                                spread(all, "SIGKILL", THEIRS, OURS),
                                spread(all, "SIGTERM", OURS, THEIRS),
                                spread(all, "SIGKILL", OURS, THEIRS)));
        assertThat(all).hasSizeGreaterThanOrEqualTo(HANDOVERS);
    }

    /** Hands over from the leader to a replica of the other kind. */
    private static void handOver(boolean kill) {
        // An elector on client-go ends when it loses the lead, which a machine with too few cores can make it do.
        bench.replicas().stream().filter(r -> !r.isAlive()).forEach(Replica::start);
        bench.replicas().forEach(MixedFaultsIT::awaitRunning);
        Replica leader = bench.awaitLeader(limit());
        boolean ours = OURS.contains(leader.name());
        OURS.forEach(name -> awaitKnows(bench.replica(name), leader));
        List<Replica> colleagues = (ours ? OURS : THEIRS)
                .stream().map(bench::replica).filter(r -> r != leader).toList();
        colleagues.forEach(r -> r.network().blackHole());
        if (kill) {
            leader.kill();
        } else {
            leader.terminate();
        }
        Replica next = bench.awaitLeaderOtherThan(leader, limit());
        assertThat(ours ? THEIRS : OURS).contains(next.name());
        if (!kill) {
            assertThat(leader.process().awaitExit(limit())).as("exit code").isZero();
        }
        colleagues.forEach(r -> r.network().heal());
    }

    private static Duration limit() {
        return scene.timings().leaseDuration().multipliedBy(5);
    }

    private static void awaitRunning(Replica replica) {
        if (OURS.contains(replica.name())) {
            replica.awaitServing(Duration.ofSeconds(60));
        } else {
            Wait.until(
                    limit(),
                    () -> replica.name() + " does not see who leads; it last said\n"
                            + replica.process().tail(),
                    () -> replica.process().said(" leader: "));
        }
    }

    private static void awaitKnows(Replica replica, Replica leader) {
        Wait.until(limit(), () -> replica.name() + " does not see that " + leader.name() + " leads.", () -> {
            LeaderAnswer last = replica.claims().last();
            return last != null && last.holder().equals(leader.name());
        });
    }

    private static Percentiles spread(List<Checker.Gap> gaps, String cause, List<String> from, List<String> to) {
        return Percentiles.of(gaps.stream()
                .filter(g -> g.cause().startsWith(cause))
                .filter(g -> from.contains(g.from()) && to.contains(g.to()))
                .map(Checker.Gap::length)
                .toList());
    }
}
