package io.github.leaderelector;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.NamedClasses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What ships in the JVM's form: each jar is on a list, so that what a dependency brings along is noticed when it comes.
 * So is each class that one of them names and that does not ship. After a change on purpose
 * {@code -Dpackage.jars=write} writes both lists anew.
 */
class PackageIT {

    private static final Path PACKAGE = Path.of("target", "quarkus-app");
    private static final Path LIST = Path.of("src", "test", "resources", "package-jars.txt");
    private static final Path MISSING = Path.of("src", "test", "resources", "package-missing.txt");
    private static final long LARGEST = 19_500_000;
    private static final int MOST_JARS = 132;

    @Test
    void nothingShipsThatIsNotOnTheList() throws IOException {
        List<String> shipped =
                jars().stream().map(PackageIT::withoutVersion).sorted().toList();
        assertListed(shipped, LIST);
        assertThat(shipped).hasSizeLessThanOrEqualTo(MOST_JARS);
    }

    /**
     * Quarkus packs what a class leads to, whether its code can run or not. A class that is not there and not on the
     * list was taken away too much: it fails when it is needed, and a native executable may not even be built.
     */
    @Test
    void nothingThatShipsNeedsAClassThatDoesNot() throws IOException {
        Map<String, Set<String>> shipped = new HashMap<>();
        for (Path jar : jars()) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (JarEntry entry : file.stream().filter(PackageIT::isClass).toList()) {
                    Set<String> named =
                            NamedClasses.of(file.getInputStream(entry).readAllBytes());
                    shipped.putIfAbsent(entry.getName().replace('/', '.').replaceFirst("\\.class$", ""), named);
                }
            }
        }
        Set<String> missing = new TreeSet<>();
        shipped.values().forEach(missing::addAll);
        missing.removeAll(shipped.keySet());
        missing.removeIf(PackageIT::isOfTheJdk);

        assertThat(shipped).hasSizeGreaterThan(5_000);
        assertListed(List.copyOf(missing), MISSING);
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

    private static void assertListed(List<String> found, Path list) throws IOException {
        if (System.getProperty("package.jars", "").equals("write")) {
            Files.writeString(list, found.stream().collect(joining("\n", "", "\n")));
        }
        assertThat(found).containsExactlyElementsOf(Files.readAllLines(list));
    }

    private static List<Path> jars() throws IOException {
        try (Stream<Path> all = Files.walk(PACKAGE)) {
            return all.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
    }

    private static String withoutVersion(Path jar) {
        return jar.getFileName().toString().replaceFirst("(-\\d[\\w.]*(-(SNAPSHOT|RC\\d+|alpha))?)?\\.jar$", "");
    }

    /** Whether it is one that JDK 17 loads, too. */
    private static boolean isClass(JarEntry entry) {
        String name = entry.getName();
        return name.endsWith(".class") && !name.startsWith("META-INF/") && !name.endsWith("module-info.class");
    }

    private static boolean isOfTheJdk(String name) {
        try {
            Class.forName(name, false, ClassLoader.getPlatformClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
