package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code kubectl kustomize} makes of the manifests of the product. */
public final class Kustomize {

    private static final Path MANIFESTS = Path.of("src/main/kubernetes");
    private static final Path OVERLAYS = Path.of("target/kustomize");

    private Kustomize() {}

    /** The YAML of the whole example, as a user gets it who applies the folder. */
    public static String example() {
        return build(MANIFESTS);
    }

    /**
     * The YAML of the base and the example with {@code components}.
     *
     * @param name of the overlay, which is written to a folder of that name
     * @param image of the sidecar, {@code name:tag}
     */
    public static String example(String name, String image, String... components) {
        Path folder = OVERLAYS.resolve(name);
        Path root = folder.toAbsolutePath().relativize(MANIFESTS.toAbsolutePath());
        int colon = image.lastIndexOf(':');
        String kustomization = """
            apiVersion: kustomize.config.k8s.io/v1beta1
            kind: Kustomization
            resources:
              - %1$s/base
              - %1$s/example
            components:
            %2$s
            images:
              - name: leader-elector
                newName: %3$s
                newTag: "%4$s"
            """.formatted(
                        root,
                        Stream.of(components)
                                .map(component -> "  - " + root.resolve(component))
                                .collect(Collectors.joining("\n")),
                        image.substring(0, colon),
                        image.substring(colon + 1));
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("kustomization.yaml"), kustomization);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return build(folder);
    }

    private static String build(Path folder) {
        try {
            Process kubectl = new ProcessBuilder(List.of(kubectl(), "kustomize", folder.toString()))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String yaml = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (kubectl.waitFor() != 0) {
                throw new AssertionError("kubectl kustomize " + folder + " failed.");
            }
            return yaml;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The one that lies beside the API server, or else the one on the path. */
    public static String kubectl() {
        return RealApiServer.program("kubectl").map(Path::toString).orElse("kubectl");
    }
}
