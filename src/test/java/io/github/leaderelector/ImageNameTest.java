package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The image has one name, {@code image.name} in pom.xml, which {@code .ci/image-name} changes everywhere. */
class ImageNameTest {

    // REGISTRY/ is what readers are to put their own registry for.
    private static final Pattern NAMED =
            Pattern.compile("(?:image: |-t |newName: )(?!REGISTRY/)(\\S*leader-elector)(?=:\\d|\\s|$)");

    /** The image of Kubernetes' own project, of which migration.md tells. */
    private static final String OLDEST = "0.5";

    /** The form of the image is no matter. */
    private static final Pattern TAG =
            Pattern.compile("(?:leader-elector:|newTag: |tag: )(\\d[\\w.-]*?)(?:-jvm)?(?=\\s|$)");

    @Test
    void readmeDocumentsAndManifestsNameTheSameImage() throws IOException {
        String name = one("<image\\.name>(.*)</image\\.name>", Path.of("pom.xml"));

        List<String> named = documents().flatMap(ImageNameTest::named).toList();

        assertThat(named).hasSizeGreaterThan(5).containsOnly(name);
    }

    /**
     * Who builds the image by the README and deploys by the manifests must not be told of an image that is not there.
     */
    @Test
    void documentsAndManifestsHaveTheSameTag() throws IOException {
        List<Path> files = new ArrayList<>(documents().toList());
        try (Stream<Path> examples = Files.walk(Path.of("examples"))) {
            examples.filter(file -> file.endsWith("kustomization.yaml") || file.endsWith("values.yaml"))
                    .forEach(files::add);
        }

        List<String> tags = files.stream()
                .flatMap(file -> TAG.matcher(read(file)).results().map(found -> found.group(1)))
                .toList();

        assertThat(tags).hasSizeGreaterThan(10).containsOnly("1.0.0", OLDEST);
    }

    private static Stream<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            return Stream.concat(
                    Stream.of(Path.of("README.md"), Path.of("src/main/kubernetes/kustomization.yaml")),
                    docs.filter(file -> file.toString().endsWith(".md")))
                    .toList()
                    .stream();
        }
    }

    private static Stream<String> named(Path file) {
        return NAMED.matcher(read(file)).results().map(found -> found.group(1));
    }

    private static String one(String pattern, Path file) {
        List<MatchResult> found =
                Pattern.compile(pattern).matcher(read(file)).results().toList();
        assertThat(found).as(pattern).hasSize(1);
        return found.get(0).group(1);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
