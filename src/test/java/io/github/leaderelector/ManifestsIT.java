package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.FieldValidateable.Validation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.github.leaderelector.election.Election;
import io.github.leaderelector.election.ElectionSettings;
import io.github.leaderelector.election.Timings;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifests in {@code src/main/kubernetes}, on a real API server. */
class ManifestsIT {

    private static final String NAMESPACE = "manifests";
    private static final String EMPTY_NAMESPACE = "empty";
    private static final String LEASE = "myapp-lock";
    private static final String USER = "system:serviceaccount:" + NAMESPACE + ":myapp";
    private static final List<String> GROUPS =
            List.of("system:serviceaccounts", "system:serviceaccounts:" + NAMESPACE, "system:authenticated");
    private static final List<String> VERBS =
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");
    private static final Duration SOON = Duration.ofSeconds(30);

    private static final String PROMETHEUS_RULES = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: prometheusrules.monitoring.coreos.com}
            spec:
              group: monitoring.coreos.com
              scope: Namespaced
              names: {kind: PrometheusRule, listKind: PrometheusRuleList, plural: prometheusrules, singular: prometheusrule}
              versions:
                - name: v1
                  served: true
                  storage: true
                  schema:
                    openAPIV3Schema:
                      type: object
                      required: [spec]
                      properties:
                        spec:
                          type: object
                          properties:
                            groups:
                              type: array
                              items:
                                type: object
                                required: [name]
                                properties:
                                  name: {type: string}
                                  interval: {type: string}
                                  rules:
                                    type: array
                                    items:
                                      type: object
                                      required: [expr]
                                      properties:
                                        alert: {type: string}
                                        expr: {type: string}
                                        for: {type: string}
                                        labels: {type: object, additionalProperties: {type: string}}
                                        annotations: {type: object, additionalProperties: {type: string}}
            """;

    private static RealApiServer server;
    private static List<HasMetadata> applied;

    @BeforeAll
    static void applyTheManifests() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.shared();
        KubernetesClient admin = server.admin();
        for (String namespace : List.of(NAMESPACE, EMPTY_NAMESPACE)) {
            admin.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                            .endMetadata()
                            .build())
                    .create();
        }
        knowPrometheusRules(admin);
        applied = new ArrayList<>();
        for (HasMetadata item : items(Kustomize.example())) {
            // Strict: a misspelt field is an error.
            applied.add(admin.resource(item)
                    .inNamespace(NAMESPACE)
                    .fieldValidation(Validation.STRICT)
                    .create());
        }
        // The API server's view of its roles follows a moment later.
        Wait.until(SOON, () -> USER + " may do nothing", () -> allowed("create", "leases", LEASE, NAMESPACE));
    }

    /** As far as ours go: the Prometheus Operator, which brings the whole definition, is not at hand. */
    private static void knowPrometheusRules(KubernetesClient admin) {
        admin.load(new ByteArrayInputStream(PROMETHEUS_RULES.getBytes(StandardCharsets.UTF_8)))
                .create();
        Wait.until(
                SOON,
                () -> "the API server does not know PrometheusRules",
                () -> Optional.ofNullable(admin.apiextensions()
                                .v1()
                                .customResourceDefinitions()
                                .withName("prometheusrules.monitoring.coreos.com")
                                .get()
                                .getStatus())
                        .stream()
                        // A new one has a status before it has conditions.
                        .flatMap(status -> Stream.ofNullable(status.getConditions()))
                        .flatMap(List::stream)
                        .anyMatch(c -> c.getType().equals("Established")
                                && c.getStatus().equals("True")));
    }

    @Test
    void theApiServerTakesAllOfThem() {
        assertThat(applied)
                .extracting(HasMetadata::getKind)
                .containsExactly("ServiceAccount", "Role", "RoleBinding", "Deployment");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "native-sidecar",
                "plain-sidecar",
                "native-sidecar readiness-gate",
                "native-sidecar label-gate",
                "native-sidecar service",
                "native-sidecar monitoring"
            })
    void theComponentsPassADryRunAndTheirPodsMeetTheRestrictedStandard(String components) {
        List<HasMetadata> items = items(Kustomize.example(
                "dry-run-" + components.replace(' ', '-'), "leader-elector:1", components.split(" ", -1)));

        for (HasMetadata item : items) {
            server.admin()
                    .resource(item)
                    .inNamespace(EMPTY_NAMESPACE)
                    .dryRun(true)
                    .fieldValidation(Validation.STRICT)
                    .create();
        }
        PodSpec spec = items.stream()
                .filter(Deployment.class::isInstance)
                .map(d -> ((Deployment) d).getSpec().getTemplate().getSpec())
                .findFirst()
                .orElseThrow();
        assertThat(Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream())
                        .filter(c -> c.getName().equals("leader-elector"))
                        .map(Container::getImage))
                .containsExactly("leader-elector:1");
        // Refused by the namespace's label if it did not meet it; of a Deployment it would only warn.
        Pod pod = server.admin()
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("myapp-0")
                        .withNamespace(EMPTY_NAMESPACE)
                        .endMetadata()
                        .withSpec(spec)
                        .build())
                .dryRun(true)
                .create();
        assertThat(pod.getMetadata().getUid()).isNotEmpty();
    }

    @ParameterizedTest(name = "{0} {1} in {2}: {3}")
    @CsvSource(nullValues = "-", textBlock = """
            leases,     myapp-lock, manifests, create get update watch
            leases,     other,      manifests, create
            leases,     -,          manifests, create
            leases,     myapp-lock, default,   ''
            pods,       -,          manifests, ''
            events,     -,          manifests, create
            secrets,    -,          manifests, ''
            configmaps, -,          manifests, ''
            """)
    void theServiceAccountMayDoExactlyThis(String resource, String name, String namespace, String verbs) {
        assertThat(VERBS.stream().filter(verb -> allowed(verb, resource, name, namespace)))
                .containsExactly(Stream.of(verbs.split(" ", -1))
                        .filter(v -> !v.isEmpty())
                        .toArray(String[]::new));
    }

    @Test
    void aWatchOfTheOneLeaseByNameNeedsNoListButAListDoes() throws Exception {
        try (KubernetesClient client = asServiceAccount()) {
            Resource<Lease> one = client.leases().inNamespace(NAMESPACE).withName(LEASE);
            CountDownLatch watching = new CountDownLatch(1);
            Watch watch = one.watch(onAnything(watching));
            try (watch) {
                createLeaseIfAbsent();
                assertThat(watching.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            }

            KubernetesClientException refused = catchThrowableOfType(
                    KubernetesClientException.class,
                    () -> client.leases().inNamespace(NAMESPACE).list());
            assertThat(refused.getCode()).isEqualTo(403);
        }
    }

    @Test
    void anElectionNeedsNoOtherPermission() {
        Ticker ticker = Ticker.system();
        LeaseRef ref = new LeaseRef(NAMESPACE, LEASE);
        Timings timings = new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));
        LeadershipHub hub = new LeadershipHub("pod-a", ref, timings.renewDeadline(), ticker);
        try (KubernetesClient client = asServiceAccount();
                Election election = Election.on(
                        ApiAccesses.of(client.getConfiguration()),
                        ApiAccesses.VERTX,
                        new ElectionSettings(ref, "pod-a", "pod-a", timings, Duration.ZERO),
                        hub,
                        ticker,
                        new ElectionListener() {})) {
            election.start();
            Wait.until(SOON, () -> String.valueOf(hub.current()), hub::leads);
            assertThat(hub.current().problem()).isNull();

            election.stop(new Reason(Reason.Code.SHUTDOWN, "The test is over."));

            Lease released = server.admin()
                    .leases()
                    .inNamespace(NAMESPACE)
                    .withName(LEASE)
                    .get();
            assertThat(released.getSpec().getHolderIdentity()).isEmpty();
        }
    }

    /** Their kinds belong to an operator, so that the API server cannot judge them. */
    @Test
    void monitoringAddsTheAlertsAndTheDashboard() {
        assertThat(items(Kustomize.example("monitoring", "leader-elector:1", "native-sidecar", "monitoring")))
                .extracting(HasMetadata::getKind)
                .contains("PrometheusRule", "ConfigMap", "Deployment");
    }

    private static List<HasMetadata> items(String yaml) {
        return server.admin()
                .load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .items();
    }

    private static boolean allowed(String verb, String resource, String name, String namespace) {
        SubjectAccessReview review = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser(USER)
                .withGroups(GROUPS)
                .withNewResourceAttributes()
                .withVerb(verb)
                .withGroup(resource.equals("leases") ? "coordination.k8s.io" : "")
                .withResource(resource)
                .withName(name)
                .withNamespace(namespace)
                .endResourceAttributes()
                .endSpec()
                .build();
        return server.admin()
                .authorization()
                .v1()
                .subjectAccessReview()
                .create(review)
                .getStatus()
                .getAllowed();
    }

    private static KubernetesClient asServiceAccount() {
        Config config = new ConfigBuilder(server.admin().getConfiguration())
                .withImpersonateUsername(USER)
                .withImpersonateGroups(GROUPS.toArray(String[]::new))
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static void createLeaseIfAbsent() {
        server.admin()
                .leases()
                .inNamespace(NAMESPACE)
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(LEASE)
                        .endMetadata()
                        .build())
                .createOr(present -> server.admin()
                        .leases()
                        .inNamespace(NAMESPACE)
                        .withName(LEASE)
                        .get());
    }

    private static Watcher<Lease> onAnything(CountDownLatch seen) {
        return new Watcher<>() {
            @Override
            public void eventReceived(Action action, Lease lease) {
                seen.countDown();
            }

            @Override
            public void onClose(WatcherException cause) {}
        };
    }
}
