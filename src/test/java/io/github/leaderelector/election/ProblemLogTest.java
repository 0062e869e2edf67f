package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProblemLogTest {

    private final ManualTicker ticker = new ManualTicker();
    private final CollectedLog log = new CollectedLog(ProblemLog.class);
    private final ProblemLog problems = new ProblemLog(ticker);

    @AfterEach
    void stop() {
        log.close();
    }

    @Test
    void saysEachNewProblemAtOnce() {
        problems.report("One.");
        problems.report("Two.");

        assertThat(log.lines()).containsExactly("WARN One.", "WARN Two.");
    }

    @Test
    void repeatsALastingProblemEverMoreSeldom() {
        for (int second = 0; second < 3600; second++) {
            problems.report("One.");
            ticker.advance(Duration.ofSeconds(1));
        }

        // After 0, 1, 3, 7, 15 and 31 minutes.
        assertThat(log.lines()).hasSize(6);
    }

    @Test
    void saysItAtLeastEveryHalfHour() {
        for (int minute = 0; minute < 60 * 24; minute++) {
            problems.report("One.");
            ticker.advance(Duration.ofMinutes(1));
        }

        assertThat(log.lines()).hasSizeBetween(6 + 42, 6 + 46);
    }

    @Test
    void saysTheEndOfAProblemOnce() {
        problems.solved();
        problems.report("One.");
        problems.solved();
        problems.solved();

        assertThat(log.lines()).containsExactly("WARN One.", "INFO The API server answers as it should again.");
    }

    @Test
    void saysAProblemThatComesBackAtOnce() {
        problems.report("One.");
        problems.solved();
        problems.report("One.");

        assertThat(log.lines()).hasSize(3);
    }
}
