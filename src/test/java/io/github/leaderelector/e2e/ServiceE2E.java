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
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Service that follows the leader: by its endpoints, by the pod label and by readiness. */
class ServiceE2E {

    private static final String SERVICE = "myapp-leader";

    /** Not more: a container that ends again and again is restarted later and later. */
    private static final int STOPS = 2;

    private static final int DELETIONS = 3;

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
    @CsvSource({"service,NONE", "label-gate,LABEL", "readiness-gate,READINESS"})
    void aClientNeverReachesTwoLeadersInTheWrongOrder(String gate, ServiceTimes.Sign sign) {
        cluster = Cluster.create(gate);
        witness = new Witness(cluster);
        app = new Workload(cluster, witness);
        cluster.create(Workload.example(cluster, Duration.ZERO, "native-sidecar", gate));
        String leader = awaitLeader(gate, 0);
        awaitEndpoint(leader);

        ServiceClient client = new ServiceClient(service());
        ServiceTimes seen = new ServiceTimes(cluster, SERVICE, sign);
        List<Duration> gaps = new ArrayList<>();
        try (client;
                seen) {
            awaitAnswerAfter(0, client);
            for (int i = 0; i < STOPS; i++) {
                gaps.add(change(gate, "sidecar told to stop", client, seen, old -> signal("TERM", old)));
            }
            for (int i = 0; i < DELETIONS; i++) {
                String old = app.awaitLeader(name -> true);
                gaps.add(change(gate, "pod deleted", client, seen, this::delete));
                app.awaitGone(old);
            }
            cluster.report(
                    gate + ": the handovers so far",
                    "no leader answered for %d ms at the median, %d ms at most; the Service was seen without a pod %d times"
                            .formatted(
                                    gaps.stream()
                                            .sorted()
                                            .toList()
                                            .get(gaps.size() / 2)
                                            .toMillis(),
                                    Collections.max(gaps).toMillis(),
                                    seen.timesWithoutPod()));
            change(gate, "sidecar killed", client, seen, old -> signal("KILL", old));
            change(gate, "rollout", client, seen, old -> {
                cluster.client()
                        .apps()
                        .deployments()
                        .inNamespace(cluster.namespace())
                        .withName(Workload.NAME)
                        .rolling()
                        .restart();
                // By readiness, only one is ever available.
                app.awaitRollout(sign == ServiceTimes.Sign.READINESS ? 1 : 3);
            });
        }

        assertThat(client.late()).isEmpty();
        cluster.report(
                gate + ": all of it",
                "%d answered by leaders, in the order of the tokens; %d by a pod that led no longer; %d failed"
                        .formatted(client.byLeaders().size(), client.byOthers(), client.failed()));
    }

    /**
     * Does {@code what} to the leader's pod, reports what it cost the client, and returns how long no leader answered.
     */
    private Duration change(
            String gate, String what, ServiceClient client, ServiceTimes seen, Consumer<String> action) {
        String old = app.awaitLeader(name -> true);
        long token = app.leader(old).path("fencingToken").asLong();
        int others = client.byOthers();
        int failed = client.failed();

        action.accept(old);
        String next = awaitLeader(gate, token);
        awaitEndpoint(next);
        awaitAnswerAfter(token, client);
        // Requests that are under way may fail.
        Wait.pass(ServiceClient.PATIENCE);

        Duration gap = client.gapAfter(token);
        cluster.report(
                gate + ": " + what,
                "no leader answered for %d ms: %s; of %d requests a second %d reached a pod that did not lead, %d failed"
                        .formatted(
                                gap.toMillis(),
                                seen.of(old, next, client.lastAnswer(token), began(next)),
                                ServiceClient.PER_SECOND,
                                client.byOthers() - others,
                                client.failed() - failed));
        return gap;
    }

    private void delete(String pod) {
        cluster.client().pods().inNamespace(cluster.namespace()).withName(pod).delete();
    }

    private void signal(String signal, String pod) {
        app.exec(pod, "sh", "-c", "kill -" + signal + " $(pidof java leader-elector)");
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

    private void awaitAnswerAfter(long token, ServiceClient client) {
        Wait.until(Cluster.PATIENCE, () -> "The client does not reach the next leader.\n" + app.describe(), () -> {
            Workload.pause();
            return client.byLeaders().stream().anyMatch(a -> a.fencingToken() > token);
        });
    }

    /** Waits until a pod leads with a larger token; but by readiness, until all are ready as well. */
    private String awaitLeader(String gate, long token) {
        if (!gate.equals("readiness-gate")) {
            app.awaitPods(3);
        }
        return app.awaitLeader(name -> app.leader(name).path("fencingToken").asLong() > token);
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
                .flatMap(slice -> slice.getEndpoints() == null ? Stream.empty() : slice.getEndpoints().stream())
                .filter(e -> Boolean.TRUE.equals(e.getConditions().getReady()))
                .map(e -> e.getTargetRef().getName())
                .toList();
    }
}
