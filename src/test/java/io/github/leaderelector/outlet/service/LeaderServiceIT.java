package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The leader's Service of packaged sidecars, on a real API server that knows both IP families. */
class LeaderServiceIT {

    private static final String SERVICE = "myapp-leader";
    private static final String SLICE = "myapp-leader-ipv4";
    private static final String TOKEN = "leader-elector.github.io/token";
    private static final List<String> NAMES = List.of("pod-a", "pod-b");
    private static final Timings TIMINGS =
            new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Duration START = Duration.ofSeconds(60);

    private static @Nullable RealApiServer server;

    private @Nullable Bench bench;

    @BeforeAll
    static void begin() {
        RealApiServer.binariesMissing().ifPresent(why -> {
            System.out.println("LeaderServiceIT is skipped: " + why);
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
    void aHandoverIsOneChangeFromTheOldLeadersAddressToTheNextOnes() throws IOException {
        Bench bench = bench("handover", Map.of());
        createService(service -> service);
        try (Changes changes = new Changes(bench)) {
            bench.startAll();
            Replica first = bench.awaitLeader(SOON);
            awaitAddress(first);
            EndpointSlice slice = slice(SLICE);
            assertThat(slice.getMetadata().getLabels())
                    .containsExactlyInAnyOrderEntriesOf(Map.of(
                            "app",
                            "myapp",
                            "kubernetes.io/service-name",
                            SERVICE,
                            "endpointslice.kubernetes.io/managed-by",
                            "leader-elector.github.io"));
            assertThat(slice.getMetadata().getAnnotations())
                    .containsEntry(
                            TOKEN, String.valueOf(first.process().leader().fencingToken()));
            assertThat(slice.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
                assertThat(owner.getKind()).isEqualTo("Service");
                assertThat(owner.getUid()).isEqualTo(service().getMetadata().getUid());
            });
            assertThat(slice.getPorts()).singleElement().satisfies(port -> {
                assertThat(port.getName()).isEqualTo("http");
                assertThat(port.getPort()).isEqualTo(8080);
                assertThat(port.getProtocol()).isEqualTo("TCP");
                assertThat(port.getAppProtocol()).isEqualTo("http");
            });
            Endpoint endpoint = slice.getEndpoints().get(0);
            assertThat(endpoint.getNodeName()).isEqualTo("node-1");
            assertThat(endpoint.getZone()).isEqualTo("zone-1");
            assertThat(endpoint.getTargetRef().getName()).isEqualTo(first.name());
            assertThat(endpoint.getConditions().getReady()).isTrue();
            assertThat(endpoint.getConditions().getServing()).isTrue();
            assertThat(endpoint.getConditions().getTerminating()).isFalse();

            // A process that has just started needs longer than an address stays without a leader.
            Wait.pass(Duration.ofSeconds(2));
            first.terminate();
            Replica second = bench.awaitLeaderOtherThan(first, SOON);
            awaitAddress(second);
            assertThat(first.process().awaitExit(SOON)).isZero();
            // A replica that has stopped would have removed its address by now.
            Wait.pass(Duration.ofSeconds(2));

            assertThat(changes.addresses()).containsExactly(List.of(address(first)), List.of(address(second)));
            assertThat(changes.tokens()).isSorted();
        }
    }

    @Test
    void aLeaderThatStopsWithoutASuccessorTakesItsAddressAwayWithinASecond() {
        Bench bench = bench("lonely", Map.of());
        createService(service -> service);
        Replica only = bench.replica("pod-a");
        only.start();
        only.awaitServing(START);
        awaitAddress(only);

        long stopped = System.nanoTime();
        only.terminate();
        Wait.until(
                SOON,
                () -> slice(SLICE).toString(),
                () -> endpoints(slice(SLICE)).isEmpty());

        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(Duration.ofSeconds(1));
        assertThat(only.process().awaitExit(SOON)).isZero();
    }

    @Test
    void aKilledLeadersAddressStaysUntilTheNextLeaderReplacesIt() {
        Bench bench = bench("killed", Map.of());
        createService(service -> service);
        try (Changes changes = new Changes(bench)) {
            bench.startAll();
            Replica first = bench.awaitLeader(SOON);
            awaitAddress(first);

            first.kill();
            Replica second = bench.awaitLeaderOtherThan(first, SOON);
            awaitAddress(second);

            Wait.until(
                    SOON,
                    () -> changes.addresses().toString(),
                    () -> changes.addresses().contains(List.of(address(second))));
            assertThat(changes.addresses()).containsExactly(List.of(address(first)), List.of(address(second)));
        }
    }

    @Test
    void aDrainingLeaderServesAndTerminates() {
        Bench bench = bench("drain", Map.of("DRAIN", "3s"));
        createService(service -> service);
        bench.startAll();
        Replica first = bench.awaitLeader(SOON);
        awaitAddress(first);

        first.terminate();
        Wait.until(
                SOON,
                () -> slice(SLICE).toString(),
                () -> slice(SLICE).getEndpoints().get(0).getConditions().getTerminating());

        Endpoint draining = slice(SLICE).getEndpoints().get(0);
        assertThat(draining.getAddresses()).containsExactly(address(first));
        assertThat(draining.getConditions().getServing()).isTrue();
        assertThat(draining.getConditions().getReady()).isFalse();
        Replica second = bench.awaitLeaderOtherThan(first, SOON);
        awaitAddress(second);
        assertThat(slice(SLICE).getEndpoints().get(0).getConditions().getReady())
                .isTrue();
    }

    @Test
    void anEditedOrDeletedSliceIsRepairedAtTheNextTickWithoutOtherRequests() {
        Bench bench = bench("edits", Map.of());
        createService(service -> service);
        bench.startAll();
        Replica leader = bench.awaitLeader(SOON);
        awaitAddress(leader);
        // The first look of each is over a second after its start, and the watch is open.
        Wait.pass(Duration.ofSeconds(3));
        Instant steady = Instant.now();
        String version = slice(SLICE).getMetadata().getResourceVersion();
        Wait.pass(Duration.ofSeconds(5));

        assertThat(requests(steady, Set.of("pods", "services", "endpointslices")))
                .isEmpty();
        assertThat(slice(SLICE).getMetadata().getResourceVersion()).isEqualTo(version);

        Duration tick = Duration.ofMillis(1_500);
        slices().withName(SLICE).edit(slice -> {
            slice.getEndpoints().get(0).setAddresses(List.of("10.9.9.9"));
            return slice;
        });
        Wait.until(tick, () -> slice(SLICE).toString(), () -> hasAddress(leader));
        slices().withName(SLICE).edit(slice -> {
            slice.getMetadata().setLabels(Map.of());
            slice.getMetadata().setAnnotations(Map.of());
            return slice;
        });
        Wait.until(
                tick,
                () -> slice(SLICE).toString(),
                () -> slice(SLICE).getMetadata().getLabels().containsKey("kubernetes.io/service-name"));
        slices().withName(SLICE).delete();
        Wait.until(tick, () -> "The slice is not there again.", () -> hasAddress(leader));
    }

    @ParameterizedTest(name = "pod {0}, Service {1}: {2}")
    @CsvSource(delimiter = '|', textBlock = """
            10.1.0.1         | IPv4      | ipv4
            fd00::1          | IPv6      | ipv6
            10.1.0.1,fd00::1 | IPv4,IPv6 | ipv4,ipv6
            10.1.0.1,fd00::1 | IPv6      | ipv6
            """)
    void eachFamilyOfPodAndServiceHasItsSlice(String podIps, String families, String expected) {
        Bench bench = bench("family-" + Integer.toHexString((podIps + families).hashCode()), Map.of("POD_IPS", podIps));
        createService(service -> new ServiceBuilder(service)
                .editSpec()
                .withIpFamilies(List.of(families.split(",")))
                .withIpFamilyPolicy(families.contains(",") ? "RequireDualStack" : "SingleStack")
                .withPublishNotReadyAddresses(true)
                .endSpec()
                .build());
        Replica only = bench.replica("pod-a");
        only.start();
        only.awaitServing(START);

        List<String> names = List.of(expected.split(",")).stream()
                .map(f -> SERVICE + "-" + f)
                .toList();
        Wait.until(
                SOON,
                () -> slices().list().getItems().toString() + only.process().tail(),
                () -> slices().list().getItems().stream()
                        .map(slice -> slice.getMetadata().getName())
                        .sorted()
                        .toList()
                        .equals(names));
        slices().list().getItems().forEach(slice -> {
            boolean six = slice.getAddressType().equals("IPv6");
            assertThat(slice.getEndpoints().get(0).getAddresses()).containsExactly(six ? "fd00::1" : "10.1.0.1");
        });
    }

    @Test
    void aServiceThatCannotFollowTheLeaderIsNamedAndFollowsItWhenItIsPutRight() {
        Bench bench = bench("wrong", Map.of());
        Replica only = bench.replica("pod-a");
        only.start();
        only.awaitServing(START);
        awaitSaid(only, "it does not exist; create it, without a selector");

        createService(service -> new ServiceBuilder(service)
                .editSpec()
                .withSelector(Map.of("app", "myapp"))
                .endSpec()
                .build());
        awaitSaid(only, "it has a selector");
        services()
                .withName(SERVICE)
                .edit(service -> new ServiceBuilder(service)
                        .editSpec()
                        .withSelector(null)
                        .editFirstPort()
                        .withTargetPort(new IntOrString("nowhere"))
                        .endPort()
                        .endSpec()
                        .build());
        awaitSaid(only, "its port 80 leads to 'nowhere', but no container of pod 'pod-a' has a TCP port of that name");
        services()
                .withName(SERVICE)
                .edit(service -> new ServiceBuilder(service)
                        .editSpec()
                        .editFirstPort()
                        .withTargetPort(new IntOrString("web"))
                        .endPort()
                        .endSpec()
                        .build());
        awaitSaid(only, "LE-507 Service '" + bench.namespace() + "/myapp-leader' can follow the leader.");
        awaitAddress(only);
    }

    @Test
    void missingPermissionsAreNamedAndHoldUpNothing() {
        Bench bench = bench("forbidden", Map.of());
        createService(service -> service);
        NAMES.forEach(name -> {
            bench.rbac().grantLeasesOnly(name);
            bench.rbac().grantAlso(name);
        });
        bench.startAll();
        Replica first = bench.awaitLeader(SOON);

        awaitSaid(
                first,
                "LE-501 Not allowed to create, list, watch endpointslices in namespace '" + bench.namespace()
                        + "', which LEADER_SERVICE needs; add to the Role of this ServiceAccount:"
                        + " apiGroups [discovery.k8s.io], resources [endpointslices], verbs [create, list, watch].");
        awaitSaid(first, "resources [endpointslices], verbs [get, update], resourceNames [myapp-leader-ipv4].");
        awaitSaid(first, "apiGroups [''], resources [services], verbs [get], resourceNames [myapp-leader].");

        long before = System.nanoTime();
        first.terminate();
        assertThat(first.process().awaitExit(SOON)).isZero();
        bench.awaitLeaderOtherThan(first, SOON);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(TIMINGS.leaseDuration());
    }

    @Test
    void aSliceThatAnEarlierSelectorLeftBehindIsNamed() {
        Bench bench = bench("leftover", Map.of());
        createService(service -> service);
        slices().resource(new io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder()
                        .withNewMetadata()
                        .withName("myapp-leader-x7k2p")
                        .addToLabels("kubernetes.io/service-name", SERVICE)
                        .addToLabels("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io")
                        .endMetadata()
                        .withAddressType("IPv4")
                        .addNewEndpoint()
                        .withAddresses("10.1.0.77")
                        .endEndpoint()
                        .build())
                .create();
        Replica only = bench.replica("pod-a");
        only.start();
        only.awaitServing(START);

        awaitSaid(only, "LE-510 EndpointSlice 'myapp-leader-x7k2p' of Service");
        awaitAddress(only);
    }

    private static RealApiServer server() {
        return java.util.Objects.requireNonNull(server);
    }

    private Bench bench() {
        return java.util.Objects.requireNonNull(bench);
    }

    private Bench bench(String name, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of("LEADER_SERVICE", SERVICE));
        settings.putAll(more);
        Bench made = Bench.create(server(), Path.of("target", "service-" + name), TIMINGS, settings, NAMES);
        bench = made;
        for (Replica replica : made.replicas()) {
            replica.set("POD_NAME", replica.name());
            made.rbac()
                    .grantAlso(
                            replica.name(),
                            new PolicyRuleBuilder()
                                    .withApiGroups("")
                                    .withResources("services")
                                    .withResourceNames(SERVICE)
                                    .withVerbs("get")
                                    .build(),
                            new PolicyRuleBuilder()
                                    .withApiGroups("discovery.k8s.io")
                                    .withResources("endpointslices")
                                    .withVerbs("create", "list", "watch")
                                    .build(),
                            new PolicyRuleBuilder()
                                    .withApiGroups("discovery.k8s.io")
                                    .withResources("endpointslices")
                                    .withResourceNames(SLICE, "myapp-leader-ipv6")
                                    .withVerbs("get", "update")
                                    .build());
            createPod(replica);
        }
        return made;
    }

    private void createPod(Replica replica) {
        var pods = bench().admin().pods().inNamespace(bench().namespace());
        pods.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(replica.name())
                        .addToLabels("topology.kubernetes.io/zone", "zone-1")
                        .endMetadata()
                        .withNewSpec()
                        .withNodeName("node-1")
                        .addNewContainer()
                        .withName("app")
                        .withImage("app")
                        .withPorts(new ContainerPortBuilder()
                                .withName("web")
                                .withContainerPort(8080)
                                .build())
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        pods.withName(replica.name())
                .editStatus(pod -> new PodBuilder(pod)
                        .editOrNewStatus()
                        .withPodIP(address(replica))
                        .addNewPodIP(address(replica))
                        .endStatus()
                        .build());
    }

    private void createService(UnaryOperator<Service> change) {
        services()
                .resource(change.apply(new ServiceBuilder()
                        .withNewMetadata()
                        .withName(SERVICE)
                        .addToLabels("app", "myapp")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withName("http")
                        .withPort(80)
                        .withTargetPort(new IntOrString("web"))
                        .withAppProtocol("http")
                        .endPort()
                        .endSpec()
                        .build()))
                .create();
    }

    private io.fabric8.kubernetes.client.dsl.NonNamespaceOperation<
                    Service,
                    io.fabric8.kubernetes.api.model.ServiceList,
                    io.fabric8.kubernetes.client.dsl.ServiceResource<Service>>
            services() {
        return bench().admin().services().inNamespace(bench().namespace());
    }

    private io.fabric8.kubernetes.client.dsl.NonNamespaceOperation<
                    EndpointSlice,
                    io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList,
                    io.fabric8.kubernetes.client.dsl.Resource<EndpointSlice>>
            slices() {
        return bench().admin().discovery().v1().endpointSlices().inNamespace(bench().namespace());
    }

    private Service service() {
        return services().withName(SERVICE).require();
    }

    private EndpointSlice slice(String name) {
        return slices().withName(name).require();
    }

    private static String address(Replica replica) {
        return replica.name().equals("pod-a") ? "10.1.0.1" : "10.1.0.2";
    }

    /** The API server has null for none. */
    private static List<Endpoint> endpoints(EndpointSlice slice) {
        return slice.getEndpoints() == null ? List.of() : slice.getEndpoints();
    }

    private boolean hasAddress(Replica replica) {
        EndpointSlice slice = slices().withName(SLICE).get();
        return slice != null
                && endpoints(slice).stream()
                        .map(Endpoint::getAddresses)
                        .toList()
                        .equals(List.of(List.of(address(replica))));
    }

    private void awaitAddress(Replica replica) {
        Wait.until(
                SOON,
                () -> slices().list().getItems() + " is not that of " + replica.name() + "; it said\n"
                        + replica.process().tail(),
                () -> hasAddress(replica));
    }

    private static void awaitSaid(Replica replica, String part) {
        Wait.until(
                Duration.ofSeconds(40),
                () -> "Not said: " + part + "\n" + replica.process().tail(),
                () -> replica.process().said(part));
    }

    private static List<String> requests(Instant from, Set<String> resources) {
        return server().audit().since(from).stream()
                .filter(request -> resources.contains(request.resource()))
                .map(AuditLog.Request::toString)
                .toList();
    }

    /** What the slice of IPv4 looked like, one change after the other. */
    private static final class Changes implements AutoCloseable {

        private final List<List<String>> addresses = new CopyOnWriteArrayList<>();
        private final List<Long> tokens = new CopyOnWriteArrayList<>();
        private final Watch watch;

        Changes(Bench bench) {
            watch = bench.admin()
                    .discovery()
                    .v1()
                    .endpointSlices()
                    .inNamespace(bench.namespace())
                    .watch(new Watcher<>() {
                        @Override
                        public void eventReceived(Action action, EndpointSlice slice) {
                            List<String> now = new ArrayList<>();
                            endpoints(slice).forEach(endpoint -> now.addAll(endpoint.getAddresses()));
                            addresses.add(now);
                            tokens.add(Long.parseLong(
                                    slice.getMetadata().getAnnotations().get(TOKEN)));
                        }

                        @Override
                        public void onClose(WatcherException cause) {}
                    });
        }

        List<List<String>> addresses() {
            return addresses;
        }

        List<Long> tokens() {
            return tokens;
        }

        @Override
        public void close() {
            watch.close();
        }
    }
}
