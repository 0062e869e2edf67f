package io.github.leaderelector.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.github.leaderelector.testkit.Wait;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Pods that were set up wrongly: one clear line each, and healthy as soon as it is put right. */
class WrongSetupE2E {

    private static final String API_NAME = "kubernetes.default.svc";

    private static Cluster cluster;
    private static Witness witness;
    private static Workload app;

    @BeforeAll
    static void createServiceAccount() {
        cluster = Cluster.create("wrong");
        witness = new Witness(cluster);
        app = new Workload(cluster, witness);
        cluster.create(permissions().stream()
                .filter(i -> i.getKind().equals("ServiceAccount"))
                .toList());
    }

    @AfterAll
    static void delete() {
        if (witness != null) {
            witness.close();
            cluster.close();
        }
    }

    @Test
    void aVolumeMountedAtThePathOfTheFileIsRefusedInLogAndTerminationMessage() {
        pod(
                "misuse",
                spec -> Workload.container(spec, Workload.SIDECAR)
                        .getVolumeMounts()
                        .forEach(mount -> mount.setMountPath("/tmp/leader_status")));

        ContainerStateTerminated end = awaitEnd("misuse");

        assertThat(end.getExitCode()).isEqualTo(78);
        assertThat(end.getMessage())
                .contains(
                        "LEADER_FILE is '/tmp/leader_status'; it must be the path of a file, not a directory: mount the"
                                + " volume at the directory around it ('mountPath: /tmp')");
        awaitLine("misuse", "LEADER_FILE is '/tmp/leader_status'");
    }

    @Test
    void aNameThatNoLeaseCanHaveIsRefused() {
        pod("misnamed", spec -> Workload.setEnv(Workload.container(spec, Workload.SIDECAR), "LEASE_NAME", "My_App"));

        ContainerStateTerminated end = awaitEnd("misnamed");

        assertThat(end.getExitCode()).isEqualTo(78);
        assertThat(end.getMessage()).contains("LEASE_NAME is 'My_App'");
    }

    @Test
    void withoutPermissionsItSaysWhichAndLeadsOnceTheyAreGranted() {
        pod("unpermitted", spec -> {});

        awaitLine("unpermitted", "LE-207 ");
        assertThat(witness.lines("unpermitted", Workload.SIDECAR, "LE-207 ")
                        .get(0)
                        .text())
                .contains("leases.coordination.k8s.io 'myapp-lock' in namespace '" + cluster.namespace() + "'; add to")
                .contains("verbs [");
        assertThat(app.pods())
                .filteredOn(p -> p.getMetadata().getName().equals("unpermitted"))
                .noneMatch(Workload::isReady);

        cluster.create(permissions().stream()
                .filter(i -> !i.getKind().equals("ServiceAccount"))
                .toList());

        awaitLeads("unpermitted");
        assertThat(app.status("unpermitted", Workload.SIDECAR).getRestartCount())
                .isZero();
    }

    @Test
    void anApiServerThatCannotBeReachedIsNamedAndUsedOnceItCan() {
        // A Service without endpoints stands for a broken network, under a name that the certificate has.
        String address = cluster.client()
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("api")
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withName("https")
                        .withPort(443)
                        .endPort()
                        .endSpec()
                        .build())
                .inNamespace(cluster.namespace())
                .create()
                .getSpec()
                .getClusterIP();
        cluster.create(cluster.load("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: cut-off}
            rules:
              - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create, get, watch, update]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: cut-off}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: cut-off}
            subjects: [{kind: ServiceAccount, name: default}]
            """));
        pod("cut-off", spec -> {
            spec.setServiceAccountName("default");
            Container sidecar = Workload.container(spec, Workload.SIDECAR);
            Workload.setEnv(sidecar, "LEASE_NAME", "cut-off");
            Workload.setEnv(sidecar, "KUBERNETES_SERVICE_HOST", API_NAME);
            spec.setHostAliases(List.of(new HostAlias(List.of(API_NAME), address)));
        });

        awaitLine("cut-off", "cannot be reached");
        assertThat(witness.lines("cut-off", Workload.SIDECAR, "cannot be reached")
                        .get(0)
                        .text())
                .contains("The API server https://" + API_NAME);

        URI server = URI.create(cluster.client().getMasterUrl().toString());
        cluster.create(List.of(new EndpointsBuilder()
                .withNewMetadata()
                .withName("api")
                .endMetadata()
                .addNewSubset()
                .addNewAddress()
                .withIp(server.getHost())
                .endAddress()
                .addNewPort()
                .withName("https")
                .withPort(server.getPort())
                .endPort()
                .endSubset()
                .build()));

        awaitLeads("cut-off");
        assertThat(app.status("cut-off", Workload.SIDECAR).getRestartCount()).isZero();
    }

    private static List<HasMetadata> permissions() {
        return cluster.example("native-sidecar").stream()
                .filter(i -> !i.getKind().equals("Deployment"))
                .toList();
    }

    private static void pod(String name, Consumer<PodSpec> wrong) {
        PodSpec spec = Workload.example(cluster, Duration.ZERO, "native-sidecar").stream()
                .filter(Deployment.class::isInstance)
                .map(d -> ((Deployment) d).getSpec().getTemplate().getSpec())
                .findFirst()
                .orElseThrow();
        wrong.accept(spec);
        cluster.create(List.of(new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withSpec(spec)
                .build()));
    }

    private static ContainerStateTerminated awaitEnd(String pod) {
        Wait.until(Cluster.PATIENCE, () -> pod + " does not end:\n" + app.describe(), () -> {
            Workload.pause();
            return end(pod).isPresent();
        });
        return end(pod).orElseThrow();
    }

    private static Optional<ContainerStateTerminated> end(String pod) {
        Pod seen = cluster.client()
                .pods()
                .inNamespace(cluster.namespace())
                .withName(pod)
                .get();
        return seen.getStatus().getInitContainerStatuses().stream().findFirst().map(WrongSetupE2E::terminated);
    }

    private static ContainerStateTerminated terminated(ContainerStatus status) {
        return status.getState().getTerminated() == null
                ? status.getLastState().getTerminated()
                : status.getState().getTerminated();
    }

    private static void awaitLine(String pod, String text) {
        Wait.until(Cluster.PATIENCE, () -> pod + " does not say '" + text + "':\n" + app.describe(), () -> {
            Workload.pause();
            return !witness.lines(pod, Workload.SIDECAR, text).isEmpty();
        });
    }

    private static void awaitLeads(String pod) {
        Wait.until(Cluster.PATIENCE, () -> pod + " does not lead:\n" + app.describe(), () -> {
            Workload.pause();
            return app.leader(pod).path("leader").asBoolean()
                    && app.pods().stream()
                            .filter(p -> p.getMetadata().getName().equals(pod))
                            .allMatch(Workload::isReady);
        });
    }
}
