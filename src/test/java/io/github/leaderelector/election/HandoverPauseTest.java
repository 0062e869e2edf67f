package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandoverPauseTest {

    private final Random random = new Random(1);

    @Test
    void isDrawnFromTheWindow() {
        HandoverPause pause = new HandoverPause(random);
        Duration window = Duration.ofMillis(100);
        for (int i = 0; i < 1000; i++) {
            assertThat(pause.draw(Optional.of(window))).isBetween(Duration.ZERO, window);
            assertThat(pause.draw(Optional.empty())).isBetween(Duration.ZERO, HandoverPause.FIRST_WINDOW);
        }
    }

    @Test
    void staysWithinBoundsWhateverTheLeaseSays() {
        HandoverPause pause = new HandoverPause(random);
        assertThat(pause.draw(Optional.of(Duration.ofDays(1)))).isLessThan(Duration.ofSeconds(1));
        assertThat(pause.draw(Optional.of(Duration.ofDays(-1)))).isGreaterThanOrEqualTo(Duration.ZERO);
        assertThat(HandoverPause.adapted(Optional.of(Duration.ofDays(1)), Duration.ZERO))
                .isEqualTo(Duration.ofSeconds(1));
    }

    @ParameterizedTest(name = "{0} candidates: {1} to {2} ms")
    @CsvSource({"2, 6, 15", "20, 40, 130", "200, 300, 900"})
    void theWindowGrowsWithTheNumberOfCandidates(int candidates, long atLeast, long atMost) {
        Optional<Duration> window = Optional.empty();
        double[] windows = new double[400];
        for (int i = 0; i < windows.length; i++) {
            window = Optional.of(HandoverPause.adapted(window, shortestOf(candidates, window)));
            windows[i] = window.get().toNanos() / 1e6;
        }
        assertThat(DoubleStream.of(windows).skip(20).average().orElseThrow())
                .isBetween((double) atLeast, (double) atMost);
    }

    private Duration shortestOf(int candidates, Optional<Duration> window) {
        HandoverPause pause = new HandoverPause(random);
        Duration shortest = pause.draw(window);
        for (int i = 1; i < candidates; i++) {
            Duration other = pause.draw(window);
            shortest = other.compareTo(shortest) < 0 ? other : shortest;
        }
        return shortest;
    }
}
