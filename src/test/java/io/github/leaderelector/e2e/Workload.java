package io.github.leaderelector.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.github.leaderelector.testkit.Wait;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The Deployment of the example, with an application that tells the {@link Witness} what it sees. */
final class Workload {

    static final String NAME = "myapp";
    static final String SIDECAR = "leader-elector";
    static final String LEASE = "myapp-lock";

    /**
     * What the application runs: says whether it leads, by {@code is-leader} in {@code $IS_LEADER}, whenever that
     * changes; told to stop, goes on for {@code $DRAIN} twentieths of a second.
     */
    static final String LOOP = """
        : witness-loop
        trap 'stop=1' TERM
        trap 'exit 1' USR1
        while true; do
          now=follows
          if [ -f /leader/leader_status ] && sh -c "$IS_LEADER" is-leader /leader/leader_status; then now=leads; fi
          [ "$now" = "$said" ] || { said=$now; echo "$said"; }
          if [ -n "$stop" ]; then
            DRAIN=$((DRAIN - 1))
            [ "$DRAIN" -gt 0 ] || { echo stopped; exit 0; }
          fi
          sleep 0.05
        done
        """;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Cluster cluster;
    private final Witness witness;

    Workload(Cluster cluster, Witness witness) {
        this.cluster = cluster;
        this.witness = witness;
    }

    /** The example with {@code components} and {@link #LOOP}; the times are the defaults. */
    static List<HasMetadata> example(Cluster cluster, Duration drain, String... components) {
        List<HasMetadata> items = cluster.example(components);
        items.forEach(item -> {
            if (item instanceof Deployment deployment) {
                prepare(deployment.getSpec().getTemplate().getSpec(), drain);
            }
        });
        return items;
    }

    /** Puts {@link #LOOP} into {@code spec}. */
    static void prepare(PodSpec spec, Duration drain) {
        // So that the application can kill the sidecar, which has no shell for it.
        spec.setShareProcessNamespace(true);
        Container application = container(spec, NAME);
        application.setArgs(List.of(LOOP));
        setEnv(application, "IS_LEADER", isLeader());
        setEnv(application, "DRAIN", String.valueOf(drain.toMillis() / 50));
    }

    private static String isLeader() {
        try {
            return Files.readString(Path.of("src/main/sh/is-leader"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Container container(PodSpec spec, String name) {
        return Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream())
                .filter(c -> c.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static void setEnv(Container container, String name, String value) {
        container.getEnv().removeIf(e -> e.getName().equals(name));
        container
                .getEnv()
                .add(new EnvVarBuilder().withName(name).withValue(value).build());
    }

    /** Its pods that are not being deleted. */
    List<Pod> pods() {
        return cluster.client().pods().inNamespace(cluster.namespace()).list().getItems().stream()
                .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
                .toList();
    }

    /** The answer of the sidecar in {@code pod} to {@code GET path}, through the API server; null without an answer. */
    @Nullable
    String get(String pod, String path) {
        try {
            return cluster.client()
                    .raw("/api/v1/namespaces/" + cluster.namespace() + "/pods/" + pod + ":4040/proxy" + path);
        } catch (KubernetesClientException noAnswer) {
            return null;
        }
    }

    /** The answer of the sidecar in {@code pod} about itself; an empty object without an answer. */
    JsonNode leader(String pod) {
        String answer = get(pod, "/leader");
        try {
            return answer == null ? JSON.createObjectNode() : JSON.readTree(answer);
        } catch (JsonProcessingException noJson) {
            return JSON.createObjectNode();
        }
    }

    /** The pods whose sidecars say that they lead. */
    List<String> leaders() {
        return pods().stream()
                .map(p -> p.getMetadata().getName())
                .filter(name -> leader(name).path("leader").asBoolean())
                .toList();
    }

    /** Waits until {@code replicas} pods are ready and nothing else is there, and one of them leads; returns which. */
    String awaitSteady(int replicas) {
        awaitPods(replicas);
        return awaitLeader(name -> true);
    }

    /** Waits until {@code replicas} pods are ready and no other is left, not even one that is stopping. */
    void awaitPods(int replicas) {
        Wait.until(Cluster.PATIENCE, () -> "Not " + replicas + " pods:\n" + describe(), () -> {
            List<Pod> all = cluster.client()
                    .pods()
                    .inNamespace(cluster.namespace())
                    .list()
                    .getItems();
            pause();
            return all.size() == replicas && all.stream().allMatch(Workload::isReady);
        });
    }

    /** Waits until exactly one pod leads, and it is {@code wanted}; returns which. */
    String awaitLeader(Predicate<String> wanted) {
        AtomicReference<String> leader = new AtomicReference<>();
        Wait.until(Cluster.PATIENCE, () -> "No leader:\n" + describe(), () -> {
            List<String> all = leaders();
            if (all.size() == 1 && wanted.test(all.get(0))) {
                leader.set(all.get(0));
                return true;
            }
            pause();
            return false;
        });
        return leader.get();
    }

    /** Waits until the last rollout is complete, as {@code kubectl rollout status} does. */
    void awaitRollout() {
        awaitRollout(Integer.MAX_VALUE);
    }

    /**
     * Waits until the last rollout has replaced all pods.
     *
     * @param available how many of them must be available, at most all
     */
    void awaitRollout(int available) {
        Wait.until(Cluster.PATIENCE, () -> "The rollout does not end:\n" + describe(), () -> {
            Deployment deployment = cluster.client()
                    .apps()
                    .deployments()
                    .inNamespace(cluster.namespace())
                    .withName(NAME)
                    .get();
            DeploymentStatus status = deployment.getStatus();
            int wanted = deployment.getSpec().getReplicas();
            pause();
            return status.getObservedGeneration() >= deployment.getMetadata().getGeneration()
                    && orZero(status.getUpdatedReplicas()) == wanted
                    && orZero(status.getReplicas()) == wanted
                    && orZero(status.getAvailableReplicas()) >= Math.min(wanted, available);
        });
    }

    private static int orZero(Integer number) {
        return number == null ? 0 : number;
    }

    static boolean isReady(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(c ->
                                c.getType().equals("Ready") && c.getStatus().equals("True"));
    }

    /** The state of {@code container} in {@code pod}. */
    ContainerStatus status(String pod, String container) {
        Pod seen = cluster.client()
                .pods()
                .inNamespace(cluster.namespace())
                .withName(pod)
                .get();
        return Stream.of(
                        seen.getStatus().getInitContainerStatuses(),
                        seen.getStatus().getContainerStatuses())
                .flatMap(List::stream)
                .filter(c -> c.getName().equals(container))
                .findFirst()
                .orElseThrow();
    }

    /** The output of {@code command} in the application's container in {@code pod}. */
    String exec(String pod, String... command) {
        return execIn(NAME, pod, command);
    }

    /** The output of {@code command} in {@code container} of {@code pod}. */
    String execIn(String container, String pod, String... command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ExecWatch running = cluster.client()
                .pods()
                .inNamespace(cluster.namespace())
                .withName(pod)
                .inContainer(container)
                .writingOutput(out)
                .writingError(out)
                .exec(command)) {
            running.exitCode().get(30, TimeUnit.SECONDS);
            return out.toString(StandardCharsets.UTF_8);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException(String.join(" ", command) + " in " + pod, e);
        }
    }

    /** Waits until {@code pod} is gone. */
    void awaitGone(String pod) {
        Wait.until(Cluster.PATIENCE, () -> pod + " is still there:\n" + describe(), () -> {
            pause();
            return cluster.client()
                            .pods()
                            .inNamespace(cluster.namespace())
                            .withName(pod)
                            .get()
                    == null;
        });
    }

    /** The API server has others to serve. */
    static void pause() {
        Wait.pass(Duration.ofMillis(100));
    }

    String describe() {
        StringBuilder text = new StringBuilder();
        for (Pod pod :
                cluster.client().pods().inNamespace(cluster.namespace()).list().getItems()) {
            String name = pod.getMetadata().getName();
            text.append(name)
                    .append(isReady(pod) ? " ready " : " not ready ")
                    .append(leader(name))
                    .append('\n');
        }
        return text + witness.tail();
    }
}
