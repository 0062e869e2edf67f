package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LastingProblemTest {

    private final ManualTicker ticker = new ManualTicker();
    private final LastingProblem problem = new LastingProblem(ticker);

    @Test
    void isSaidAtOnceAndThenEverMoreSeldom() {
        assertThat(IntStream.range(0, 3600).filter(second -> occurredIn("it is broken")))
                .containsExactly(0, 60, 180, 420, 900, 1860);
    }

    @Test
    void isSaidAtLeastEveryHalfHour() {
        long times = IntStream.range(0, 60 * 24)
                .filter(minute -> {
                    ticker.advance(Duration.ofMinutes(1));
                    return problem.occurred("it is broken");
                })
                .count();

        assertThat(times).isBetween(6L + 42, 6L + 46);
    }

    /** D6: the JVM's text of a host that does not resolve alternates. */
    @Test
    void textsThatAlternateAreSaidOnceEach() {
        long times = IntStream.range(0, 60)
                .filter(second -> occurredIn(second % 2 == 0 ? "unknown host" : "unknown host: again"))
                .count();

        assertThat(times).isEqualTo(2);
    }

    @Test
    void aTextThatNeverRepeatsItselfIsHeldBack() {
        long times = IntStream.range(0, 60)
                .filter(second -> occurredIn("failed after " + second + " s"))
                .count();

        assertThat(times).isEqualTo(8);
        ticker.advance(Duration.ofMinutes(1));
        assertThat(problem.occurred("failed after 61 s")).isTrue();
    }

    @Test
    void aTextMakesRoomForAnotherWhenItsPauseEnds() {
        for (int text = 0; text < 8; text++) {
            assertThat(problem.occurred("failed at " + text)).isTrue();
        }
        ticker.advance(Duration.ofMinutes(1).minusNanos(1));
        assertThat(problem.occurred("failed at 8")).isFalse();

        ticker.advance(Duration.ofNanos(1));
        assertThat(problem.occurred("failed at 8")).isTrue();
    }

    @Test
    void itsEndIsSaidOnceAndItsReturnAtOnce() {
        assertThat(problem.ended()).isFalse();
        assertThat(problem.occurred("it is broken")).isTrue();
        assertThat(problem.occurred("it is broken")).isFalse();
        assertThat(problem.ended()).isTrue();
        assertThat(problem.ended()).isFalse();
        assertThat(problem.occurred("it is broken")).isTrue();
    }

    @Test
    void anInterruptionIsSaidButItsPausesGoOn() {
        assertThat(problem.occurred("it is broken")).isTrue();
        assertThat(problem.interrupted()).isTrue();
        assertThat(problem.interrupted()).isFalse();
        assertThat(problem.occurred("it is broken")).isFalse();
        ticker.advance(Duration.ofMinutes(1));
        assertThat(problem.occurred("it is broken")).isTrue();
    }

    /** Asked once a second. */
    private boolean occurredIn(String text) {
        boolean said = problem.occurred(text);
        ticker.advance(Duration.ofSeconds(1));
        return said;
    }
}
