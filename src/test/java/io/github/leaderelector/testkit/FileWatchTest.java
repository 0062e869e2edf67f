package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWatchTest {

    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    @Test
    void certainTimesLieWithinPossibleOnes() throws IOException {
        Path file = folder.resolve("a");
        try (FileWatch watch = new FileWatch(Map.of("a", file))) {
            long before = System.nanoTime();
            Files.createFile(file);
            Wait.until(LIMIT, () -> "not seen", () -> watch.present().contains("a"));
            Files.delete(file);
            long after = System.nanoTime();
            Wait.until(LIMIT, () -> "not gone", () -> watch.present().isEmpty());
            assertThat(watch.spans()).singleElement().satisfies(s -> {
                assertThat(s.from()).isBetween(before, after);
                assertThat(s.to()).isBetween(before, after);
                assertThat(s.earliest()).isLessThan(s.from());
                assertThat(s.latest()).isGreaterThan(s.to());
            });
        }
    }

    @Test
    void notificationsTellOfTwoFilesThatNoWatchCouldSee() throws IOException {
        Path a = Files.createDirectory(folder.resolve("files")).resolve("a");
        Path b = a.resolveSibling("b");
        try (FileOrder order = new FileOrder(a.getParent(), Map.of(Path.of("a"), "a", Path.of("b"), "b"))) {
            Files.createFile(a);
            Files.delete(a);
            Files.createFile(b);
            Files.createFile(a);
            Files.delete(a);
            Wait.until(LIMIT, () -> "nothing told", () -> !order.together().isEmpty());
            assertThat(order.together())
                    .extracting(FileOrder.Together::replicas)
                    .containsExactly(Set.of("a", "b"));
            assertThat(order.complete()).isTrue();
        }
    }
}
