package io.github.leaderelector.outlet.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.github.leaderelector.config.PodLabel;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The label and the Events of packaged sidecars, on a real API server. */
class LeaderLabelIT {

    private static final String KEY = "leader-elector/role";
    private static final String VALUE = "leader";
    private static final List<String> NAMES = List.of("pod-a", "pod-b");
    private static final Timings TIMINGS =
            new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));
    private static final Duration SOON = Duration.ofSeconds(10);

    private static @Nullable RealApiServer server;

    private @Nullable Bench bench;

    @BeforeAll
    static void begin() {
        RealApiServer.binariesMissing().ifPresent(why -> {
            System.out.println("LeaderLabelIT is skipped: " + why);
            Assumptions.abort(why);
        });
        server = RealApiServer.shared();
    }

    @AfterEach
    void closeBench() {
        if (bench != null) {
            bench.close();
        }
    }

    @Test
    void theLabelIsOnTheLeadersPodAndOffBeforeTheLeaseIsReleased() throws Exception {
        Bench bench = bench("handover");
        try (Carriers carriers = new Carriers(bench)) {
            bench.startAll();
            Replica first = bench.awaitLeader(SOON);
            awaitLabelOn(first.name());
            assertThat(pod(first.name()).getMetadata().getAnnotations().get(KEY))
                    .isEqualTo(bench.namespace() + "/bench "
                            + first.process().leader().fencingToken());

            first.terminate();
            Replica second = bench.awaitLeaderOtherThan(first, SOON);
            awaitLabelOn(second.name());

            long unlabelled = carriers.lastOff(first.name());
            assertThat(carriers.released())
                    .as("versions at which the Lease was released")
                    .isNotEmpty()
                    .allSatisfy(released -> assertThat(released).isGreaterThan(unlabelled));
            assertThat(carriers.most()).as("pods with the label at once").isOne();
        }
    }

    @Test
    void whoTakesTheLeadTakesTheLabelOffThePodOfADeadLeaderAndOffNoOther() throws Exception {
        Bench bench = bench("sweep");
        bench.startAll();
        Replica first = bench.awaitLeader(SOON);
        awaitLabelOn(first.name());
        createPod("unmarked", "app-5d9c7", "5d9c7", Map.of(KEY, VALUE), Map.of());
        createPod("foreign", "app-5d9c7", "5d9c7", Map.of(KEY, VALUE), Map.of(KEY, "elsewhere/bench 1"));
        createPod("stranger", "other-77b8f", "77b8f", Map.of(KEY, VALUE), Map.of());

        first.kill();
        Replica second = bench.awaitLeaderOtherThan(first, SOON);
        Wait.until(
                SOON,
                () -> carriers().toString(),
                () -> carriers().equals(Set.of(second.name(), "foreign", "stranger")));

        first.start();
        first.awaitServing(Duration.ofSeconds(60));
        assertThat(carriers()).containsExactlyInAnyOrder(second.name(), "foreign", "stranger");
    }

    @Test
    void aLabelThatAnEarlierLifeLeftIsRemovedAtTheStart() {
        Bench bench = bench("leftover");
        bench.startAll();
        Replica leader = bench.awaitLeader(SOON);
        Replica follower = other(leader);
        awaitLabelOn(leader.name());
        follower.kill();
        bench.admin()
                .pods()
                .inNamespace(bench.namespace())
                .withName(follower.name())
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToLabels(KEY, VALUE)
                        .endMetadata()
                        .build());

        follower.start();

        Wait.until(
                Duration.ofSeconds(60),
                () -> carriers().toString(),
                () -> carriers().equals(Set.of(leader.name())));
    }

    @Test
    void missingPermissionsAreNamedOnceAndHoldUpNothing() {
        Bench bench = bench("forbidden");
        NAMES.forEach(name -> bench.rbac().grantLeasesOnly(name));
        bench.startAll();
        Replica first = bench.awaitLeader(SOON);
        String sentence = "Not allowed to get, list, patch pods in namespace '" + bench.namespace()
                + "', which LEADER_LABEL needs; add to the Role of this ServiceAccount: apiGroups [''],"
                + " resources [pods], verbs [get, list, patch].";
        for (Replica replica : bench.replicas()) {
            Wait.until(
                    SOON,
                    () -> replica.process().tail(),
                    () -> replica.process().said(sentence));
            Wait.until(
                    SOON,
                    () -> replica.process().tail(),
                    () -> replica.process()
                            .said("Not allowed to create events in namespace '" + bench.namespace() + "'"));
        }

        long before = System.nanoTime();
        first.terminate();
        assertThat(first.process().awaitExit(SOON)).isZero();
        bench.awaitLeaderOtherThan(first, SOON);

        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(TIMINGS.leaseDuration());
        assertThat(first.process().said("could not be released")).isFalse();
        assertThat(first.process().lines().stream().filter(line -> line.text().contains("Not allowed to")))
                .hasSize(2);
    }

    @Test
    void eventsOnTheLeaseNameTheLeaderAndTheReasonOfTheEnd() {
        Bench bench = bench("events");
        bench.startAll();
        Replica first = bench.awaitLeader(SOON);
        awaitEvents(first.name(), "LeaderElected");
        first.terminate();
        bench.awaitLeaderOtherThan(first, SOON);
        awaitEvents(other(first).name(), "LeaderElected");
        awaitEvents(first.name(), "LeaderElected", "LeaderStopped");

        // The selector of kubectl describe.
        Lease lease = lease();
        List<Event> events = bench.admin()
                .v1()
                .events()
                .inNamespace(bench.namespace())
                .withField("involvedObject.kind", "Lease")
                .withField("involvedObject.name", lease.getMetadata().getName())
                .withField("involvedObject.uid", lease.getMetadata().getUid())
                .list()
                .getItems();
        assertThat(events).hasSize(3).allSatisfy(event -> {
            assertThat(event.getReportingComponent()).isEqualTo("leader-elector");
            assertThat(event.getSource().getComponent()).isEqualTo("leader-elector");
            assertThat(event.getType()).isEqualTo("Normal");
            assertThat(event.getFirstTimestamp()).isNotNull();
        });
        assertThat(events.stream().map(Event::getMessage))
                .contains(first.name() + " no longer leads: This replica is shutting down.");
    }

    @Test
    void aFollowerAsksForItsPodOnceAndALeaderNotAgainWithinTheMinute() {
        Bench bench = bench("requests");
        bench.startAll();
        Replica leader = bench.awaitLeader(SOON);
        awaitLabelOn(leader.name());
        Instant labelled = Instant.now();

        Wait.pass(Duration.ofSeconds(5));

        assertThat(server().audit().since(labelled).stream()
                        .filter(r -> r.resource().equals("pods"))
                        .map(AuditLog.Request::toString))
                .isEmpty();
    }

    @Test
    void aPodOfTheSameNameWithAnotherUidIsRefusedAsGone() throws Exception {
        Bench bench = bench("uid");
        try (ApiServerOfAdmin api = new ApiServerOfAdmin()) {
            LabelledPods pods = new LabelledPods(api.server, bench.namespace(), new PodLabel(KEY, VALUE));

            assertThatThrownBy(() -> pods.unlabel("pod-a", "00000000-0000-0000-0000-000000000000"))
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            failure -> assertThat(failure.gone())
                                    .as(failure.getMessage())
                                    .isTrue());
            assertThatThrownBy(() -> pods.unlabel("nowhere", null))
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            failure -> assertThat(failure.status()).isEqualTo(404));
            assertThat(pods.find("nowhere")).isEmpty();
            pods.label("pod-a", pods.find("pod-a").orElseThrow().uid(), "mark");
            Pods.Pod seen = pods.labelled().get(0);
            assertThat(seen.mark()).isEqualTo("mark");
            assertThat(seen.workload()).isEqualTo("ReplicaSet/app");
            pods.label("pod-a", null, "another");
            assertThatThrownBy(() -> pods.unlabel(seen))
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            failure -> assertThat(failure.status()).isEqualTo(409));
            assertThat(pods.labelled()).hasSize(1);
        }
    }

    /** This room's way to the API server, as the admin. */
    private static final class ApiServerOfAdmin implements AutoCloseable {
        final ApiServer server =
                new ApiServer(ApiAccesses.of(server().admin().getConfiguration()), ApiAccesses.VERTX, Ticker.system());

        @Override
        public void close() {
            server.close();
        }
    }

    private static RealApiServer server() {
        return java.util.Objects.requireNonNull(server);
    }

    private Bench bench() {
        return java.util.Objects.requireNonNull(bench);
    }

    private Bench bench(String name) {
        Bench made = Bench.create(
                server(),
                Path.of("target", "label-" + name),
                TIMINGS,
                Map.of("LEADER_LABEL", KEY + "=" + VALUE),
                NAMES);
        bench = made;
        for (Replica replica : made.replicas()) {
            replica.set("POD_NAME", replica.name());
            createPod(replica.name(), "app-84f6b", "84f6b", Map.of(), Map.of());
        }
        return made;
    }

    private void createPod(
            String name, String replicaSet, String hash, Map<String, String> labels, Map<String, String> annotations) {
        bench().admin()
                .pods()
                .inNamespace(bench().namespace())
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("pod-template-hash", hash)
                        .addToLabels(labels)
                        .addToAnnotations(annotations)
                        .withOwnerReferences(new OwnerReferenceBuilder()
                                .withApiVersion("apps/v1")
                                .withKind("ReplicaSet")
                                .withName(replicaSet)
                                .withUid("uid-of-" + replicaSet)
                                .withController(true)
                                .build())
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("app")
                        .withImage("app")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    private Replica other(Replica replica) {
        return bench().replicas().stream()
                .filter(r -> !r.name().equals(replica.name()))
                .findFirst()
                .orElseThrow();
    }

    private Pod pod(String name) {
        return bench().admin()
                .pods()
                .inNamespace(bench().namespace())
                .withName(name)
                .require();
    }

    private Lease lease() {
        return bench().admin()
                .leases()
                .inNamespace(bench().namespace())
                .withName(Bench.LEASE)
                .require();
    }

    private Set<String> carriers() {
        Set<String> names = new HashSet<>();
        bench().admin()
                .pods()
                .inNamespace(bench().namespace())
                .withLabel(KEY, VALUE)
                .list()
                .getItems()
                .forEach(pod -> names.add(pod.getMetadata().getName()));
        return names;
    }

    private void awaitLabelOn(String name) {
        Wait.until(
                SOON,
                () -> carriers() + " carry the label, not " + name,
                () -> carriers().equals(Set.of(name)));
    }

    private void awaitEvents(String name, String... reasons) {
        Wait.until(
                SOON,
                () -> "Not these Events of " + name,
                () -> bench().admin().v1().events().inNamespace(bench().namespace()).list().getItems().stream()
                        .filter(event -> name.equals(event.getReportingInstance()))
                        .map(Event::getReason)
                        .sorted()
                        .toList()
                        .equals(List.of(reasons)));
    }

    /** The pods that carried the label at each version, and the version of the release of the Lease. */
    private static final class Carriers implements AutoCloseable {

        private final Map<String, Boolean> labelled = new HashMap<>();
        private final Map<String, Long> off = new HashMap<>();
        private final List<Long> released = new CopyOnWriteArrayList<>();
        private final List<Watch> watches = new ArrayList<>();
        private int most;

        Carriers(Bench bench) {
            KubernetesClient admin = bench.admin();
            watches.add(admin.pods().inNamespace(bench.namespace()).watch(new Each<Pod>() {
                @Override
                public void eventReceived(Action action, Pod pod) {
                    seen(pod);
                }
            }));
            watches.add(admin.leases().inNamespace(bench.namespace()).watch(new Each<Lease>() {
                @Override
                public void eventReceived(Action action, Lease lease) {
                    String holder = lease.getSpec().getHolderIdentity();
                    if (holder == null || holder.isEmpty()) {
                        released.add(Long.valueOf(lease.getMetadata().getResourceVersion()));
                    }
                }
            }));
        }

        private synchronized void seen(Pod pod) {
            String name = pod.getMetadata().getName();
            boolean carries = pod.getMetadata().getLabels().containsKey(KEY);
            if (Boolean.TRUE.equals(labelled.put(name, carries)) && !carries) {
                off.put(name, Long.valueOf(pod.getMetadata().getResourceVersion()));
            }
            most = Math.max(
                    most, (int) labelled.values().stream().filter(c -> c).count());
        }

        synchronized long lastOff(String name) {
            return off.get(name);
        }

        synchronized int most() {
            return most;
        }

        List<Long> released() {
            return released;
        }

        @Override
        public void close() {
            watches.forEach(Watch::close);
        }

        private abstract static class Each<T> implements Watcher<T> {
            @Override
            public void onClose(WatcherException cause) {}
        }
    }
}
