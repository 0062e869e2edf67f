package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.kubernetes.ApiException;
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
        problems.report("get", failure(0, "One."));
        problems.report("get", failure(0, "Two."));

        assertThat(log.lines()).containsExactly("WARN LE-201 One.", "WARN LE-201 Two.");
    }

    @Test
    void repeatsALastingProblemEverMoreSeldom() {
        for (int second = 0; second < 3600; second++) {
            problems.report("get", failure(0, "One."));
            ticker.advance(Duration.ofSeconds(1));
        }

        // After 0, 1, 3, 7, 15 and 31 minutes.
        assertThat(log.lines()).hasSize(6);
    }

    @Test
    void saysItAtLeastEveryHalfHour() {
        for (int minute = 0; minute < 60 * 24; minute++) {
            problems.report("get", failure(0, "One."));
            ticker.advance(Duration.ofMinutes(1));
        }

        assertThat(log.lines()).hasSizeBetween(6 + 42, 6 + 46);
    }

    @Test
    void saysTheEndOfAProblemOnce() {
        problems.solved("get");
        problems.report("get", failure(0, "One."));
        problems.solved("get");
        problems.solved("get");

        assertThat(log.lines())
                .containsExactly("WARN LE-201 One.", "INFO LE-209 The API server answers without errors again.");
    }

    @Test
    void saysAProblemThatComesBackAtOnce() {
        problems.report("get", failure(0, "One."));
        problems.solved("get");
        problems.report("get", failure(0, "One."));

        assertThat(log.lines()).hasSize(3);
    }

    @Test
    void thatReadsAreAnsweredDoesNotEndTheProblemOfAWrite() {
        for (int second = 0; second < 60; second++) {
            problems.report("update", failure(403, "Not allowed."));
            problems.solved("get");
            ticker.advance(Duration.ofSeconds(1));
        }

        assertThat(log.lines()).containsExactly("WARN LE-203 Not allowed.");
    }

    @Test
    void oneSuccessEndsAnOutageOfAllKindsAndTheirPausesGoOn() {
        for (int second = 0; second < 60; second++) {
            problems.report("update", failure(0, "No answer."));
            problems.solved("get");
            ticker.advance(Duration.ofSeconds(1));
        }

        assertThat(log.lines())
                .containsExactly("WARN LE-201 No answer.", "INFO LE-209 The API server answers without errors again.");
    }

    @Test
    void eachKindOfProblemHasAnIdOfItsOwn() {
        for (int status : new int[] {0, 401, 403, 404, 429, 500}) {
            problems.report("get", failure(status, "Status " + status + "."));
        }

        assertThat(log.lines())
                .containsExactly(
                        "WARN LE-201 Status 0.",
                        "WARN LE-202 Status 401.",
                        "WARN LE-203 Status 403.",
                        "WARN LE-204 Status 404.",
                        "WARN LE-205 Status 429.",
                        "WARN LE-205 Status 500.");
    }

    private static ApiException failure(int status, String message) {
        return new ApiException(status, message, null);
    }
}
