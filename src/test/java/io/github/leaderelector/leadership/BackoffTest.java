package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30), new Random(1));

    @Test
    void pausesDoubleUpToTheLongestLessARandomPartOfUpToHalf() {
        for (int length : new int[] {1, 2, 4, 8, 16, 30, 30}) {
            assertThat(backoff.next())
                    .isGreaterThan(Duration.ofMillis(length * 500L))
                    .isLessThanOrEqualTo(Duration.ofSeconds(length));
        }
    }

    @Test
    void afterSuccessItBeginsAgain() {
        backoff.next();
        backoff.next();
        backoff.reset();

        assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }
}
