package io.github.leaderelector.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.github.leaderelector.testkit.LeaderClient;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Service that follows the leader, by the pod label and by readiness. */
class ServiceE2E {

    private static final String SERVICE = "myapp-leader";
    private static final int HANDOVERS = 3;

    private Cluster cluster;
    private Witness witness;
    private Workload app;

    @AfterEach
    void neverTwoAndTheRoleIsEnough() {
        if (witness == null) {
            return;
        }
        witness.close();
        cluster.close();
        assertThat(witness.overlaps()).as(witness.tail()).isEmpty();
        assertThat(witness.refusals()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"label-gate", "readiness-gate"})
    void aClientNeverReachesTwoLeadersInTheWrongOrder(String gate) {
        cluster = Cluster.create(gate);
        witness = new Witness(cluster);
        app = new Workload(cluster, witness);
        cluster.create(Workload.example(cluster, Duration.ZERO, "native-sidecar", gate));
        String leader = awaitLeader(gate, "");
        awaitEndpoint(leader);

        List<String> times = new ArrayList<>();
        ServiceClient client = new ServiceClient(service());
        ServiceTimes seen = new ServiceTimes(cluster, SERVICE, gate.equals("label-gate"));
        try (client;
                seen) {
            awaitAnswerOf(leader, client);
            for (int i = 0; i < HANDOVERS; i++) {
                String old = leader;
                cluster.client()
                        .pods()
                        .inNamespace(cluster.namespace())
                        .withName(old)
                        .delete();
                leader = awaitLeader(gate, old);
                awaitEndpoint(leader);
                awaitAnswerOf(leader, client);
                app.awaitGone(old);
                times.add(seen.of(old, leader, began(leader), client.byLeaders()));
            }
        }

        times.forEach(time -> cluster.report(gate + ": a handover, from the last answer of the old leader", time));
        assertThat(client.late()).isEmpty();
        cluster.report(
                gate + ": " + ServiceClient.PER_SECOND + " requests a second to the Service through " + HANDOVERS
                        + " handovers",
                "%d answered by leaders, in the order of the tokens; %d by a pod that led no longer; %d failed"
                        .formatted(client.byLeaders().size(), client.byOthers(), client.failed()));
    }

    /** The Service's address, which only programs on a node, or in its network, reach. */
    private InetSocketAddress service() {
        String address = cluster.client()
                .services()
                .inNamespace(cluster.namespace())
                .withName(SERVICE)
                .get()
                .getSpec()
                .getClusterIP();
        InetSocketAddress service = new InetSocketAddress(address, 80);
        try (LeaderClient client = new LeaderClient(service, Duration.ofSeconds(10))) {
            client.ask();
        } catch (IOException elsewhere) {
            Assumptions.abort("Services of the cluster cannot be reached from here: " + elsewhere.getMessage());
        }
        return service;
    }

    /** When {@code leader} began to lead, by its own log. */
    private Instant began(String leader) {
        Wait.until(
                Cluster.PATIENCE,
                app::describe,
                () -> !witness.lines(leader, Workload.SIDECAR, "LE-101").isEmpty());
        List<Witness.Line> lines = witness.lines(leader, Workload.SIDECAR, "LE-101");
        return lines.get(lines.size() - 1).at();
    }

    private void awaitAnswerOf(String leader, ServiceClient client) {
        Wait.until(Cluster.PATIENCE, () -> "The client does not reach " + leader + ".\n" + app.describe(), () -> {
            Workload.pause();
            return client.byLeaders().stream().anyMatch(a -> a.identity().equals(leader));
        });
    }

    private String awaitLeader(String gate, String old) {
        if (gate.equals("label-gate")) {
            app.awaitPods(3);
        }
        return app.awaitLeader(name -> !name.equals(old));
    }

    /** Waits until {@code leader} is all that the Service sends to. */
    private void awaitEndpoint(String leader) {
        Wait.until(Cluster.PATIENCE, () -> endpoints() + ", but " + leader + " leads:\n" + app.describe(), () -> {
            Workload.pause();
            return endpoints().equals(List.of(leader));
        });
    }

    private List<String> endpoints() {
        List<EndpointSlice> slices = cluster.client()
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(cluster.namespace())
                .withLabel("kubernetes.io/service-name", SERVICE)
                .list()
                .getItems();
        return slices.stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .filter(e -> Boolean.TRUE.equals(e.getConditions().getReady()))
                .map(e -> e.getTargetRef().getName())
                .toList();
    }
}
