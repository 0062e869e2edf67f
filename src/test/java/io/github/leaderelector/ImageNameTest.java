package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    @Test
    void readmeDocumentsAndManifestsNameTheSameImage() throws IOException {
        String name = one("<image\\.name>(.*)</image\\.name>", Path.of("pom.xml"));

        List<String> named = documents().flatMap(ImageNameTest::named).toList();

        assertThat(named).hasSizeGreaterThan(5).containsOnly(name);
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
