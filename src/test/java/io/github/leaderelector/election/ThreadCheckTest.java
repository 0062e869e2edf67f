package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ThreadCheckTest {

    private static final Duration STUCK = Duration.ofSeconds(30);

    private final ElectionParts parts = new ElectionParts();
    private final ManualTicker ticker = new ManualTicker();
    private final ThreadCheck check = new ThreadCheck(parts.thread, ticker, STUCK);

    @Test
    void aThreadThatWorksIsWell() {
        for (int i = 0; i < 3; i++) {
            assertThat(check.failure()).isEmpty();
            parts.run(Duration.ZERO);
            ticker.advance(STUCK.multipliedBy(2));
        }
    }

    @Test
    void aThreadThatDoesNotWorkIsNoticedAfterTheTimeThatItMayTake() {
        assertThat(check.failure()).isEmpty();
        ticker.advance(STUCK);
        assertThat(check.failure()).isEmpty();

        ticker.advance(Duration.ofMillis(1));

        assertThat(check.failure()).contains("The election's thread has been stuck for 30001 ms.");
    }

    @Test
    void aThreadThatWorksAgainIsWellAgain() {
        check.failure();
        ticker.advance(STUCK.multipliedBy(2));
        assertThat(check.failure()).isPresent();

        parts.run(Duration.ZERO);

        assertThat(check.failure()).isEmpty();
    }
}
