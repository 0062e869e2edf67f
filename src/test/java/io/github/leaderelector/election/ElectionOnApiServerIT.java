package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract on a real kube-apiserver, and what only a real one can show: permissions. */
class ElectionOnApiServerIT extends ElectionContract {

    private static final String USER = "sidecar";

    /** As on OpenShift: who sets an owner must be allowed to delete. */
    private static final String PROTECTED_OWNERS = "--enable-admission-plugins=OwnerReferencesPermissionEnforcement";

    private static final String TEMPLATE =
            "template: {metadata: {labels: {app: x}}, spec: {restartPolicy: %s, containers: [{name: x, image: x}]}}";
    private static final String JOB = "{" + TEMPLATE.formatted("Never") + "}";
    private static final String REPLICAS = "{selector: {matchLabels: {app: x}}, " + TEMPLATE.formatted("Always") + "}";
    private static final String STATEFUL = "{serviceName: x, " + REPLICAS.substring(1);

    private @Nullable RealApiServer server;

    @BeforeAll
    void begin() {
        Optional<String> missing = RealApiServer.binariesMissing();
        missing.ifPresent(why -> System.out.println("ElectionOnApiServerIT is skipped: " + why));
        Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        server = RealApiServer.start(Path.of("target", "election-on-api-server"), List.of(USER), PROTECTED_OWNERS);
    }

    @AfterAll
    void end() {
        if (server != null) {
            server.close();
        }
    }

    private RealApiServer server() {
        return java.util.Objects.requireNonNull(server);
    }

    @Override
    KubernetesClient admin() {
        return server().admin();
    }

    @Override
    int port() {
        return server().port();
    }

    @Override
    Config config(int port) {
        return new ConfigBuilder(admin().getConfiguration())
                .withMasterUrl("https://127.0.0.1:" + port)
                .build();
    }

    private Config asUser(Config config) {
        return new ConfigBuilder(config).withOauthToken(server().token(USER)).build();
    }

    private Rbac rbac() {
        return new Rbac(admin(), namespace(), ref().name());
    }

    @Test
    void namesAMissingPermissionAndLeadsWhenItIsGranted() {
        rbac().revoke(USER);
        Replica pod = new Replica("pod-a", this::asUser);

        until(
                Duration.ofSeconds(3),
                "the problem is told",
                () -> pod.hub.current().problem() != null);
        assertThat(pod.hub.current().problem())
                .contains("Not allowed to get leases.coordination.k8s.io '" + ref().name() + "'", "verbs [get]");

        rbac().grant(USER);
        until(Duration.ofSeconds(3), "pod-a leads", pod::leads);
    }

    @Test
    void needsNoPermissionsBeyondThoseInItsManual() {
        rbac().grant(USER, "get", "watch", "update");
        Replica leader = new Replica("pod-a", this::asUser);
        until(Duration.ofSeconds(3), "pod-a leads", leader::leads);
        assertThat(leader.hub.current().problem()).isNull();

        leader.stop();

        assertThat(leader.hub.current().problem()).isNull();
        assertThat(admin().leases()
                        .inNamespace(namespace())
                        .withName(ref().name())
                        .require()
                        .getSpec()
                        .getHolderIdentity())
                .isNullOrEmpty();
    }

    @Test
    void electsWithoutThePermissionToWatch() {
        rbac().grant(USER, "get", "update");
        Replica leader = leader("pod-a");
        Replica follower = new Replica("pod-b", this::asUser);
        until(
                Duration.ofSeconds(3),
                "pod-b follows",
                () -> "pod-a".equals(follower.hub.current().holder()));

        leader.stop();

        until(Duration.ofSeconds(3), "pod-b leads", follower::leads);
    }

    /** Makes an object in {@link #namespace} that {@code controller} controls; returns a reference to it. */
    private OwnerReference make(String apiVersion, String kind, String spec, @Nullable OwnerReference controller) {
        String owners = controller == null
                ? "[]"
                : "[{apiVersion: %s, kind: %s, name: %s, uid: %s, controller: true}]"
                        .formatted(
                                controller.getApiVersion(),
                                controller.getKind(),
                                controller.getName(),
                                controller.getUid());
        String name = "x-" + UUID.randomUUID();
        HasMetadata made = admin().resource(
                        "apiVersion: %s\nkind: %s\nmetadata: {name: %s, namespace: %s, ownerReferences: %s}\nspec: %s"
                                .formatted(apiVersion, kind, name, namespace(), owners, spec))
                .create();
        return new OwnerReferenceBuilder()
                .withApiVersion(apiVersion)
                .withKind(kind)
                .withName(name)
                .withUid(made.getMetadata().getUid())
                .build();
    }

    private String pod(@Nullable OwnerReference controller) {
        return make("v1", "Pod", "{containers: [{name: x, image: x}]}", controller)
                .getName();
    }

    private LeaseOwner.Answer workload(LeaseRef lease, String pod) {
        return new WorkloadLookup(
                        ((NamespacedKubernetesClient) admin()).inNamespace(namespace()),
                        lease,
                        pod,
                        TIMINGS.requestTimeout(),
                        Runnable::run)
                .find()
                .join();
    }

    @Test
    void findsTheTopmostControllerOfAPod() {
        OwnerReference deployment = make("apps/v1", "Deployment", REPLICAS, null);
        OwnerReference replicas = make("apps/v1", "ReplicaSet", REPLICAS, deployment);
        OwnerReference daemons = make("apps/v1", "DaemonSet", REPLICAS, null);
        OwnerReference cronJob =
                make("batch/v1", "CronJob", "{schedule: '0 0 * * *', jobTemplate: {spec: " + JOB + "}}", null);
        OwnerReference job = make("batch/v1", "Job", JOB, cronJob);
        OwnerReference operators = new OwnerReferenceBuilder()
                .withApiVersion("example.com/v1")
                .withKind("Database")
                .withName("orders")
                .withUid("known-to-its-operator")
                .build();
        OwnerReference operated = make("apps/v1", "StatefulSet", STATEFUL, operators);

        assertThat(workload(ref(), pod(replicas))).isEqualTo(new LeaseOwner.Answer.Found(deployment));
        assertThat(workload(ref(), pod(daemons))).isEqualTo(new LeaseOwner.Answer.Found(daemons));
        assertThat(workload(ref(), pod(job))).isEqualTo(new LeaseOwner.Answer.Found(cronJob));
        assertThat(workload(ref(), pod(operated))).isEqualTo(new LeaseOwner.Answer.Found(operators));
    }

    @Test
    void saysWhyAPodHasNoWorkload() {
        String alone = pod(null);
        OwnerReference deleted = new OwnerReferenceBuilder(make("apps/v1", "StatefulSet", STATEFUL, null))
                .withUid("of-one-before-it")
                .build();

        assertThat(workload(ref(), alone))
                .isEqualTo(new LeaseOwner.Answer.None(
                        "Nothing controls pod '" + alone + "', and a pod is no owner for it."));
        assertThat(workload(ref(), "nobody"))
                .isEqualTo(new LeaseOwner.Answer.None(
                        "There is no pod 'nobody' in namespace 'default'; set POD_NAME to this pod's name."));
        assertThat(workload(ref(), pod(deleted))).isEqualTo(new LeaseOwner.Answer.Gone());
        assertThat(workload(new LeaseRef("elsewhere", "lease"), alone))
                .isEqualTo(new LeaseOwner.Answer.None("It is in namespace 'elsewhere', this pod in 'default', and an"
                        + " owner has to be in the same namespace."));
    }

    @Test
    void theLeaseGetsItsWorkloadAsOwnerAsSoonAsThatMayBeLookedUp() {
        rbac().grant(USER, "get", "watch", "update", "delete");
        rbac().grantAlso(USER);
        OwnerReference workload = make("apps/v1", "StatefulSet", STATEFUL, null);
        String podName = pod(workload);
        try (CollectedLog log = new CollectedLog(LeaseOwner.class)) {
            Replica pod = new Replica(podName, ref(), Duration.ZERO, true, this::asUser);
            until(Duration.ofSeconds(3), "it leads", pod::leads);
            until(
                    Duration.ofSeconds(5),
                    "what is missing is told",
                    () -> !log.lines().isEmpty());
            assertThat(log.lines())
                    .containsExactly("WARN LE-213 Lease " + ref() + " gets no owner, though LEASE_OWNER is 'workload':"
                            + " Not allowed to get statefulsets in namespace 'default'; add to the Role of this"
                            + " ServiceAccount: apiGroups [apps], resources [statefulsets], verbs [get].");
            long token = pod.token();

            mayGetStatefulSets();

            until(Duration.ofSeconds(15), "the Lease has an owner", () -> !owners().isEmpty());
            assertThat(owners()).containsExactly(workload);
            assertThat(pod.token()).isEqualTo(token);
        }
    }

    @Test
    void leadsOnWithoutAnOwnerWhereItMayNotSetOne() {
        rbac().grant(USER);
        mayGetStatefulSets();
        String podName = pod(make("apps/v1", "StatefulSet", STATEFUL, null));
        try (CollectedLog log = new CollectedLog(LeaseOwner.class)) {
            Replica pod = new Replica(podName, ref(), Duration.ZERO, true, this::asUser);
            until(Duration.ofSeconds(3), "it leads", pod::leads);
            long token = pod.token();

            until(
                    Duration.ofSeconds(10),
                    "the refusal is told",
                    () -> log.lines().size() > 1);

            assertThat(log.lines().get(1))
                    .startsWith("WARN LE-213 Lease " + ref() + " gets no owner, though LEASE_OWNER is 'workload': Not"
                            + " allowed to set the owner of Lease " + ref()
                            + ", which takes the verb 'delete' here: ")
                    .endsWith(" It is left out until a restart.");
            until(
                    Duration.ofSeconds(5),
                    "it is renewed again",
                    () -> pod.hub.current().problem() == null);
            assertThat(pod.token()).isEqualTo(token);
            assertThat(owners()).isEmpty();
        }
    }

    private void mayGetStatefulSets() {
        rbac().grantAlso(
                        USER,
                        new PolicyRuleBuilder()
                                .withApiGroups("apps")
                                .withResources("statefulsets")
                                .withVerbs("get")
                                .build());
    }

    private List<OwnerReference> owners() {
        return admin().leases()
                .inNamespace(namespace())
                .withName(ref().name())
                .require()
                .getMetadata()
                .getOwnerReferences();
    }

    @Test
    void namesAMissingNamespace() {
        Replica pod = new Replica("pod-a", new LeaseRef("nowhere", "lease"), Duration.ZERO, config -> config);

        until(
                Duration.ofSeconds(3),
                "the problem is told",
                () -> pod.hub.current().problem() != null);

        assertThat(pod.hub.current().problem())
                .isEqualTo("Namespace 'nowhere' does not exist; create it or set NAMESPACE.");
    }
}
