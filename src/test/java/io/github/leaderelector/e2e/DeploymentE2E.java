package io.github.leaderelector.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import io.github.leaderelector.e2e.Witness.Line;
import io.github.leaderelector.e2e.Witness.Tenure;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The life of a Deployment of three replicas with native sidecars, whose application takes five seconds to stop. */
@TestMethodOrder(OrderAnnotation.class)
class DeploymentE2E {

    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
    private static final int ROLLOUTS = Integer.getInteger("e2e.rollouts", 3);

    private static Cluster cluster;
    private static Witness witness;
    private static Workload app;

    @BeforeAll
    static void deploy() {
        cluster = Cluster.create("deployment");
        witness = new Witness(cluster);
        app = new Workload(cluster, witness);
        Instant applied = Instant.now();
        cluster.create(Workload.example(cluster, DRAIN, "native-sidecar"));
        app.awaitSteady(3);
        cluster.report(
                "three replicas from `kubectl apply` to the first leader",
                millis(applied, witness.tenures().get(0).from()));
    }

    @AfterEach
    void neverTwoAndTheRoleIsEnough() {
        assertThat(witness.overlaps()).as(witness.tail()).isEmpty();
        assertThat(witness.refusals()).isEmpty();
    }

    @AfterAll
    static void delete() {
        if (witness != null) {
            witness.close();
            cluster.close();
        }
    }

    @Test
    @Order(1)
    void allSignsAgreeOnOneLeader() {
        String leader = app.awaitSteady(3);

        for (Pod pod : app.pods()) {
            String name = pod.getMetadata().getName();
            boolean leads = name.equals(leader);
            assertThat(app.leader(name).path("leader").asBoolean()).as(name).isEqualTo(leads);
            assertThat(app.leader(name).path("holder").asText()).isEqualTo(leader);
            assertThat(app.get(name, "/q/health/group/leader") != null).as(name).isEqualTo(leads);
            // Nothing else is left in the application's volume.
            List<String> files = List.of(app.exec(name, "ls", "-A", "/leader").split("\\s+"));
            assertThat(files).as(name).isSubsetOf("leader_status", ".leader_status.prepared");
            assertThat(files.contains("leader_status")).as(name).isEqualTo(leads);
            assertThat(app.status(name, Workload.SIDECAR).getRestartCount()).isZero();
        }
        assertThat(app.exec(leader, "cat", "/leader/leader_status")).isEqualTo(leader);
        assertThat(lease().getSpec().getHolderIdentity()).isEqualTo(leader);
        assertThat(lease().getMetadata().getOwnerReferences()).isEmpty();
    }

    @Test
    @Order(2)
    void anotherReplicaLeadsSoonAfterTheApplicationOfADeletedPodHasStoppedNotBefore() {
        String old = app.awaitSteady(3);

        pod(old).delete();
        String next = app.awaitLeader(name -> !name.equals(old));
        app.awaitGone(old);

        Line stopped = witness.lines(old, Workload.NAME, "stopped").get(0);
        Line released = witness.lines(old, Workload.SIDECAR, "no longer leads").get(0);
        Line took = witness.lines(next, Workload.SIDECAR, "leads: took").get(0);
        Tenure tenure = last(witness.tenures());
        assertThat(tenure.pod()).isEqualTo(next);
        assertThat(took.at()).isAfter(stopped.at());
        assertThat(tenure.from()).isAfter(stopped.at());
        // Released, not expired.
        assertThat(Duration.between(released.at(), took.at())).isLessThan(LEASE_DURATION);
        cluster.report(
                "leader's pod deleted, application stops for 5 s",
                "nobody led before it had stopped; end of the application to the sidecar's resignation "
                        + millis(stopped.at(), released.at())
                        + ", that to the next leader "
                        + millis(released.at(), took.at()));
    }

    @Test
    @Order(3)
    void aKilledSidecarIsRestartedAndTakesItsLeaseBackUnlessAnotherWasFaster() {
        String leader = app.awaitSteady(3);
        long token = app.leader(leader).path("fencingToken").asLong();
        int restarts = app.status(leader, Workload.SIDECAR).getRestartCount();

        Instant killed = Instant.now();
        app.exec(leader, "sh", "-c", "kill -KILL $(pidof java)");
        String next =
                app.awaitLeader(name -> app.leader(name).path("fencingToken").asLong() > token);
        app.awaitPods(3);

        assertThat(app.status(leader, Workload.SIDECAR).getRestartCount()).isEqualTo(restarts + 1);
        Instant led = last(witness.tenures()).from();
        cluster.report(
                "leader's sidecar killed by SIGKILL",
                "%s leads again after %s, by a larger token; for its application the old tenure had ended after %s"
                        .formatted(
                                next.equals(leader) ? "the same pod" : "another pod",
                                millis(killed, led),
                                witness.lines(leader, Workload.NAME, "follows").stream()
                                        .filter(l -> l.at().isAfter(killed))
                                        .findFirst()
                                        .map(l -> millis(killed, l.at()))
                                        .orElse("no time")));
    }

    @Test
    @Order(4)
    void aCrashOfTheApplicationChangesNothing() {
        String leader = app.awaitSteady(3);
        long token = app.leader(leader).path("fencingToken").asLong();
        int restarts = app.status(leader, Workload.NAME).getRestartCount();

        // Not this shell itself, whose own command has a bracket there.
        app.exec(
                leader,
                "sh",
                "-c",
                "for p in /proc/[0-9]*; do if grep -q 'witness-l[o]op' $p/cmdline; then kill -USR1 ${p#/proc/}; fi; done");
        Wait.until(Cluster.PATIENCE, app::describe, () -> {
            Workload.pause();
            return app.status(leader, Workload.NAME).getRestartCount() > restarts;
        });

        assertThat(app.awaitSteady(3)).isEqualTo(leader);
        assertThat(app.leader(leader).path("fencingToken").asLong()).isEqualTo(token);
    }

    @Test
    @Order(5)
    void rolloutsAlwaysCompleteWithFewHandoversAndLittleTimeWithoutALeader() {
        List<Integer> handovers = new ArrayList<>();
        List<Duration> gaps = new ArrayList<>();
        List<Duration> leaderless = new ArrayList<>();
        List<Duration> times = new ArrayList<>();
        for (int i = 0; i < ROLLOUTS; i++) {
            app.awaitSteady(3);
            Instant began = Instant.now();
            deployment().rolling().restart();
            app.awaitRollout();
            times.add(Duration.between(began, Instant.now()));
            app.awaitSteady(3);
            handovers.add(witness.tenuresAfter(began).size());
            gaps.addAll(witness.gaps(began));
            leaderless.add(witness.gaps(began).stream().reduce(Duration.ZERO, Duration::plus));
        }

        // One is needed; one more when an old pod is stopped before a new one has become the successor.
        assertThat(handovers).allSatisfy(n -> assertThat(n).isBetween(1, 2));
        // Released, not expired.
        assertThat(gaps).allSatisfy(gap -> assertThat(gap).isLessThan(LEASE_DURATION));
        cluster.report(
                "`kubectl rollout restart`, " + ROLLOUTS + " times",
                "each complete, after %d s at most; handovers %s; without a leader, from the end of one application to the next leader: %s; of one rollout: %s"
                        .formatted(
                                Percentiles.of(times).max().toSeconds(),
                                handovers,
                                Percentiles.of(gaps),
                                Percentiles.of(leaderless)));
    }

    @Test
    @Order(6)
    void scalingKeepsOneLeaderAsLongAsThereIsAPod() {
        app.awaitSteady(3);
        for (int replicas : new int[] {1, 5, 0, 3}) {
            Instant scaled = Instant.now();
            deployment().scale(replicas);
            if (replicas == 0) {
                app.awaitPods(0);
                assertThat(lease().getSpec().getHolderIdentity()).isEmpty();
            } else {
                app.awaitSteady(replicas);
                assertThat(witness.tenuresAfter(scaled)).hasSizeLessThanOrEqualTo(3);
            }
        }
    }

    @Test
    @Order(7)
    void aDrainedNodeGivesTheLeadAwayAndAnUncordonedOneGetsALeader() {
        String old = app.awaitSteady(3);
        String node = pod(old).get().getSpec().getNodeName();

        cordon(node, true);
        try {
            for (Pod pod : app.pods()) {
                if (node.equals(pod.getSpec().getNodeName())) {
                    assertThat(pod(pod.getMetadata().getName()).evict()).isTrue();
                }
            }
            app.awaitGone(old);
            assertThat(witness.lines(old, Workload.NAME, "stopped")).hasSize(1);
            assertThat(witness.lines(old, Workload.SIDECAR, "no longer leads")).isNotEmpty();
        } finally {
            cordon(node, false);
        }

        assertThat(app.awaitSteady(3)).isNotEqualTo(old);
    }

    @Test
    @Order(8)
    void aDeletedDeploymentLeavesNothingButTheLeaseWithoutAHolder() {
        app.awaitSteady(3);

        deployment().delete();
        app.awaitPods(0);

        assertThat(cluster.client()
                        .leases()
                        .inNamespace(cluster.namespace())
                        .list()
                        .getItems())
                .singleElement()
                .satisfies(lease -> {
                    assertThat(lease.getMetadata().getName()).isEqualTo(Workload.LEASE);
                    assertThat(lease.getSpec().getHolderIdentity()).isEmpty();
                });
        assertThat(cluster.client()
                        .configMaps()
                        .inNamespace(cluster.namespace())
                        .list()
                        .getItems())
                .extracting(c -> c.getMetadata().getName())
                .containsExactly("kube-root-ca.crt");
    }

    private static io.fabric8.kubernetes.client.dsl.PodResource pod(String name) {
        return cluster.client().pods().inNamespace(cluster.namespace()).withName(name);
    }

    private static RollableScalableResource<Deployment> deployment() {
        return cluster.client()
                .apps()
                .deployments()
                .inNamespace(cluster.namespace())
                .withName(Workload.NAME);
    }

    private static Lease lease() {
        return cluster.client()
                .leases()
                .inNamespace(cluster.namespace())
                .withName(Workload.LEASE)
                .get();
    }

    private static void cordon(String node, boolean cordoned) {
        cluster.client().nodes().withName(node).edit(n -> {
            n.getSpec().setUnschedulable(cordoned);
            return n;
        });
    }

    private static Tenure last(List<Tenure> tenures) {
        return tenures.get(tenures.size() - 1);
    }

    private static String millis(Instant from, Instant to) {
        return Duration.between(from, to).toMillis() + " ms";
    }
}
