package io.github.leaderelector.e2e;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.Wait;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** A namespace of its own in the cluster of {@code KUBECONFIG}. */
final class Cluster implements AutoCloseable {

    /** How long anything that Kubernetes does may take on a slow machine. */
    static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final Path REPORT = Path.of("target/e2e/report.md");

    private final KubernetesClient client;
    private final String namespace;
    private final String image;

    private Cluster(KubernetesClient client, String namespace, String image) {
        this.client = client;
        this.namespace = namespace;
        this.image = image;
    }

    /** Makes the namespace; the test is skipped, and says why, where no cluster or image is given. */
    static Cluster create(String name) {
        String image = System.getProperty("image", "");
        Assumptions.assumeTrue(System.getenv("KUBECONFIG") != null, "KUBECONFIG names no cluster.");
        Assumptions.assumeTrue(!image.isEmpty(), "-Dimage=NAME:TAG names no image.");
        KubernetesClient client = new KubernetesClientBuilder().build();
        String namespace = "e2e-" + name + "-" + Long.toString(System.currentTimeMillis() % 1_000_000, 36);
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .create();
        Cluster cluster = new Cluster(client, namespace, image);
        // Pods are refused until the controllers have made it.
        Wait.until(
                PATIENCE,
                () -> "No default service account in " + namespace,
                () -> client.serviceAccounts()
                                .inNamespace(namespace)
                                .withName("default")
                                .get()
                        != null);
        return cluster;
    }

    KubernetesClient client() {
        return client;
    }

    String namespace() {
        return namespace;
    }

    /** The sidecar's image, {@code name:tag}. */
    String image() {
        return image;
    }

    /** The product's manifests with {@code components}, as objects. */
    List<HasMetadata> example(String... components) {
        return load(Kustomize.example("e2e-" + String.join("-", components), image, components));
    }

    /** The objects in {@code yaml}. */
    List<HasMetadata> load(String yaml) {
        return client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
                .items();
    }

    /** Creates {@code items} in the namespace. */
    void create(List<? extends HasMetadata> items) {
        for (HasMetadata item : items) {
            client.resource(item).inNamespace(namespace).create();
        }
    }

    /** Writes a line of the report, and prints it. */
    void report(String scenario, String measured) {
        String line = "| %s | %s |".formatted(scenario, measured);
        System.out.println(line);
        try {
            Files.createDirectories(REPORT.getParent());
            Files.writeString(REPORT, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the namespace and all pods in it, without waiting. */
    @Override
    public void close() {
        client.namespaces().withName(namespace).delete();
        client.pods().inNamespace(namespace).withGracePeriod(0).delete();
        client.close();
    }
}
