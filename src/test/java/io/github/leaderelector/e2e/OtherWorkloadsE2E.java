package io.github.leaderelector.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.github.leaderelector.e2e.Witness.Tenure;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Other lives than that of a Deployment, and the README's own YAML. */
class OtherWorkloadsE2E {

    /** Waits for its turn to lead, works for a second, and is done. */
    private static final String ONE_TURN = """
        while ! [ -f /leader/leader_status ]; do sleep 0.05; done
        echo leads
        sleep 1
        echo stopped
        """;

    private static final Duration STOPPING = Duration.ofSeconds(2);

    private Cluster cluster;
    private Witness witness;
    private Workload app;

    @AfterEach
    void neverTwo() {
        if (witness == null) {
            return;
        }
        witness.close();
        cluster.close();
        assertThat(witness.overlaps()).as(witness.tail()).isEmpty();
    }

    private void open(String name) {
        cluster = Cluster.create(name);
        witness = new Witness(cluster);
        app = new Workload(cluster, witness);
    }

    @Test
    void inAStatefulSetThePodThatComesBackUnderItsNameIsACandidateLikeAnyOther() {
        open("statefulset");
        PodTemplateSpec template = example();
        cluster.create(List.of(new StatefulSetBuilder()
                .withNewMetadata()
                .withName(Workload.NAME)
                .endMetadata()
                .withNewSpec()
                .withReplicas(2)
                .withServiceName(Workload.NAME)
                .withPodManagementPolicy("Parallel")
                .withNewSelector()
                .withMatchLabels(template.getMetadata().getLabels())
                .endSelector()
                .withTemplate(template)
                .endSpec()
                .build()));
        String old = app.awaitSteady(2);
        long token = app.leader(old).path("fencingToken").asLong();

        cluster.client().pods().inNamespace(cluster.namespace()).withName(old).delete();
        String next = app.awaitLeader(name -> !name.equals(old));

        assertThat(app.leader(next).path("fencingToken").asLong()).isGreaterThan(token);
        assertThat(app.awaitSteady(2)).isEqualTo(next);
        assertThat(app.pods())
                .extracting(p -> p.getMetadata().getName())
                .containsExactlyInAnyOrder("myapp-0", "myapp-1");
    }

    @Test
    void aJobCompletesAndItsPodsLeadOneAfterAnother() {
        open("job");
        PodTemplateSpec template = example();
        template.getSpec().setRestartPolicy("Never");
        template.getSpec().setShareProcessNamespace(false);
        Workload.container(template.getSpec(), Workload.NAME).setArgs(List.of(ONE_TURN));
        cluster.create(List.of(new JobBuilder()
                .withNewMetadata()
                .withName(Workload.NAME)
                .endMetadata()
                .withNewSpec()
                .withCompletions(3)
                .withParallelism(3)
                .withTemplate(template)
                .endSpec()
                .build()));

        Wait.until(Cluster.PATIENCE, () -> "The Job does not complete:\n" + app.describe(), () -> {
            Workload.pause();
            Integer succeeded = cluster.client()
                    .batch()
                    .v1()
                    .jobs()
                    .inNamespace(cluster.namespace())
                    .withName(Workload.NAME)
                    .get()
                    .getStatus()
                    .getSucceeded();
            return succeeded != null && succeeded == 3;
        });

        assertThat(witness.tenures()).extracting(Tenure::pod).hasSize(3).doesNotHaveDuplicates();
    }

    @Test
    void twoDeploymentsOnOneLeaseHaveOneLeaderAndTheOtherLogsIt() {
        open("shared");
        for (String name : List.of("one", "two")) {
            PodTemplateSpec template = name.equals("one") ? example() : template();
            template.getMetadata().getLabels().put("app.kubernetes.io/name", name);
            cluster.create(List.of(new DeploymentBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withNewSpec()
                    .withReplicas(2)
                    .withNewSelector()
                    .addToMatchLabels("app.kubernetes.io/name", name)
                    .endSelector()
                    .withTemplate(template)
                    .endSpec()
                    .build()));
        }

        String leader = app.awaitSteady(4);

        assertThat(app.pods())
                .allSatisfy(pod -> assertThat(app.leader(pod.getMetadata().getName())
                                .path("holder")
                                .asText())
                        .isEqualTo(leader));
        String owner = leader.substring(0, 3);
        for (Pod pod : app.pods()) {
            String name = pod.getMetadata().getName();
            if (!name.startsWith(owner)) {
                Wait.until(
                        Cluster.PATIENCE,
                        app::describe,
                        () -> !witness.lines(name, Workload.SIDECAR, "LE-211").isEmpty());
                assertThat(witness.lines(name, Workload.SIDECAR, "LE-211")
                                .get(0)
                                .text())
                        .contains("is held by '" + leader + "' of workload '" + owner + "'");
            }
        }
        assertThat(lease().getMetadata().getAnnotations()).containsEntry("leader-elector.github.io/workload", owner);
        assertThat(witness.lines(leader, Workload.SIDECAR, "LE-211")).isEmpty();
    }

    @Test
    void aSidecarOnClientGoIsReplacedByARollingUpdateOnTheSameLease() {
        String image = System.getProperty("image.clientgo", "");
        Assumptions.assumeFalse(image.isEmpty(), "-Dimage.clientgo=NAME:TAG names no image of src/test/clientgo.");
        open("migration");
        List<HasMetadata> after = Workload.example(cluster, STOPPING, "native-sidecar");
        List<HasMetadata> before = Workload.example(cluster, STOPPING, "native-sidecar");
        onClientGo(deployment(before).getSpec().getTemplate().getSpec(), image);
        cluster.create(before);
        app.awaitPods(3);
        Wait.until(Cluster.PATIENCE, app::describe, () -> !witness.tenures().isEmpty());

        Instant began = Instant.now();
        cluster.client()
                .apps()
                .deployments()
                .inNamespace(cluster.namespace())
                .withName(Workload.NAME)
                .edit(d -> new DeploymentBuilder(d)
                        .editSpec()
                        .withTemplate(deployment(after).getSpec().getTemplate())
                        .endSpec()
                        .build());
        app.awaitRollout();
        String leader = app.awaitSteady(3);

        assertThat(lease().getSpec().getHolderIdentity()).isEqualTo(leader);
        // The rest, that there never were two, is seen at the end of each test.
        cluster.report(
                "three replicas on client-go replaced by a rolling update, application stops for 2 s",
                "never two leaders; %d handovers; without a leader: %s"
                        .formatted(witness.tenuresAfter(began).size(), Percentiles.of(witness.gaps(began))));
    }

    /** Makes the sidecar in {@code pod} one of its users' own, on client-go. */
    private static void onClientGo(PodSpec pod, String image) {
        // It writes the file once, so that the file's age tells nothing.
        Workload.setEnv(Workload.container(pod, Workload.NAME), "IS_LEADER", "true");
        Container sidecar = Workload.container(pod, Workload.SIDECAR);
        sidecar.setImage(image);
        sidecar.setStartupProbe(null);
        sidecar.setLivenessProbe(null);
        sidecar.setReadinessProbe(null);
        sidecar.getEnv()
                .add(new EnvVarBuilder()
                        .withName("NAMESPACE")
                        .withNewValueFrom()
                        .withNewFieldRef()
                        .withFieldPath("metadata.namespace")
                        .endFieldRef()
                        .endValueFrom()
                        .build());
    }

    @Test
    void aSidecarThatRunsOutOfMemoryIsRestartedAndTakesItsLeaseBack() {
        open("oom");
        List<HasMetadata> items = Workload.example(cluster, Duration.ZERO, "native-sidecar");
        deployment(items).getSpec().setReplicas(1);
        Container sidecar =
                Workload.container(deployment(items).getSpec().getTemplate().getSpec(), Workload.SIDECAR);
        // It takes more than half of what there is, and so will a second JVM, which is smaller when that is used up.
        Workload.setEnv(sidecar, "JDK_JAVA_OPTIONS", "-Xms160m -Xmx160m -XX:+AlwaysPreTouch");
        sidecar.getResources().getLimits().put("memory", new Quantity("320Mi"));
        cluster.create(items);
        String pod = app.awaitSteady(1);
        long token = app.leader(pod).path("fencingToken").asLong();

        Wait.until(Cluster.PATIENCE, app::describe, () -> {
            try {
                app.execIn(
                        Workload.SIDECAR,
                        pod,
                        "/opt/jre/bin/java",
                        "-Xms160m",
                        "-Xmx160m",
                        "-XX:+AlwaysPreTouch",
                        "-version");
            } catch (IllegalStateException cut) {
                // It ends with the container.
            }
            Wait.pass(Duration.ofSeconds(1));
            return app.status(pod, Workload.SIDECAR).getRestartCount() > 0;
        });
        Wait.until(Cluster.PATIENCE, app::describe, () -> {
            Workload.pause();
            return app.leader(pod).path("fencingToken").asLong() > token;
        });

        assertThat(app.status(pod, Workload.SIDECAR)
                        .getLastState()
                        .getTerminated()
                        .getReason())
                .isEqualTo("OOMKilled");
    }

    @Test
    void theYamlOfTheReadmeIsEnoughToGetALeader() throws IOException {
        open("readme");
        Matcher yaml = Pattern.compile("(?ms)^```yaml\\n(.*?)^```").matcher(Files.readString(Path.of("README.md")));
        assertThat(yaml.find()).isTrue();

        cluster.create(
                cluster.load(yaml.group(1).replaceAll("image: leader-elector:\\S+", "image: " + cluster.image())));
        String leader = app.awaitSteady(3);

        Wait.until(
                Cluster.PATIENCE,
                app::describe,
                () -> !witness.lines(leader, Workload.NAME, "I lead.").isEmpty());
        assertThat(witness.lines())
                .filteredOn(l -> l.text().equals("I lead."))
                .allMatch(l -> l.pod().equals(leader));
    }

    private static Deployment deployment(List<HasMetadata> items) {
        return items.stream()
                .filter(Deployment.class::isInstance)
                .map(Deployment.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private Lease lease() {
        return cluster.client()
                .leases()
                .inNamespace(cluster.namespace())
                .withName(Workload.LEASE)
                .get();
    }

    /** Creates the permissions; returns the pods to make. */
    private PodTemplateSpec example() {
        cluster.create(cluster.example("native-sidecar").stream()
                .filter(i -> !(i instanceof Deployment))
                .toList());
        return template();
    }

    private PodTemplateSpec template() {
        return deployment(Workload.example(cluster, Duration.ZERO, "native-sidecar"))
                .getSpec()
                .getTemplate();
    }
}
