package io.github.leaderelector;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What ships in the JVM's form: each jar is on a list, so that what a dependency brings along is noticed when it comes.
 * After a change on purpose {@code -Dpackage.jars=write} writes the list anew.
 */
class PackageIT {

    private static final Path PACKAGE = Path.of("target", "quarkus-app");
    private static final Path LIST = Path.of("src", "test", "resources", "package-jars.txt");
    private static final long LARGEST = 21_700_000;
    private static final int MOST_JARS = 134;

    @Test
    void nothingShipsThatIsNotOnTheList() throws IOException {
        List<String> shipped = jars();
        if (System.getProperty("package.jars", "").equals("write")) {
            Files.writeString(LIST, shipped.stream().collect(joining("\n", "", "\n")));
        }

        assertThat(shipped).containsExactlyElementsOf(Files.readAllLines(LIST));
        assertThat(shipped).hasSizeLessThanOrEqualTo(MOST_JARS);
    }

    @Test
    void allOfItIsNoLargerThanItWas() throws IOException {
        long bytes = 0;
        try (Stream<Path> all = Files.walk(PACKAGE)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                bytes += Files.size(file);
            }
        }
        assertThat(bytes).isBetween(1_000_000L, LARGEST);
    }

    /** The names of all jars, without versions and folders. */
    private static List<String> jars() throws IOException {
        try (Stream<Path> all = Files.walk(PACKAGE)) {
            return all.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jar"))
                    .map(name -> name.replaceFirst("(-\\d[\\w.]*(-(SNAPSHOT|RC\\d+|alpha))?)?\\.jar$", ""))
                    .sorted()
                    .toList();
        }
    }
}
