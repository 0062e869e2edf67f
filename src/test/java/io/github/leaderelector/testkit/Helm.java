package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The program helm, built through the Go module proxy by the Go that this machine has, and kept in
 * {@code ~/.cache/leader-elector}. Without Go or a network the test is skipped, and says so.
 */
public final class Helm {

    private static final String VERSION = "v3.18.6";
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(10);
    private static final Path CHARTS = Path.of("target/helm");

    private Helm() {}

    /**
     * The YAML that helm makes of {@code chart} and the library chart in {@code src/main/helm}.
     *
     * @param chart folder of a chart that depends on the library chart
     * @param release name of the release
     * @param values such as {@code leader-elector.label=true}
     */
    public static String template(Path chart, String release, String... values) {
        List<String> command = new ArrayList<>(List.of(
                program().toString(),
                "template",
                release,
                withDependency(chart, release).toString()));
        for (String value : values) {
            command.addAll(List.of("--set", value));
        }
        try {
            Programs.Ended ended = Programs.run(command, "", Map.of());
            if (ended.status() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed:\n" + ended.output());
            }
            return ended.output();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // What `helm dependency build` and `helm package` do, but not in the folders of the sources: links become files.
    private static Path withDependency(Path chart, String release) {
        Path folder = CHARTS.resolve(release);
        try {
            RealApiServer.deleteTree(folder);
            copy(chart, folder);
            copy(Path.of("src/main/helm/leader-elector"), folder.resolve("charts/leader-elector"));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Path program() {
        Path folder = ClientGo.cache().resolve("helm-" + VERSION).toAbsolutePath();
        Path program = folder.resolve("helm");
        if (Files.isExecutable(program)) {
            return program;
        }
        List<String> command =
                List.of(Programs.need("go").toString(), "install", "helm.sh/helm/v3/cmd/helm@" + VERSION);
        try {
            Programs.Ended build =
                    Programs.run(command, "", Map.of("CGO_ENABLED", "0", "GOBIN", folder.toString()), BUILD_LIMIT);
            Assumptions.assumeTrue(
                    build.status() == 0,
                    () -> String.join(" ", command) + " failed: "
                            + build.output().strip().lines().reduce("", (first, last) -> last));
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
