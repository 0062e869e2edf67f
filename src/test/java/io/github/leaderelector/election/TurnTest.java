package io.github.leaderelector.election;

import static io.github.leaderelector.election.ElectionParts.OTHER;
import static io.github.leaderelector.election.ElectionParts.TIMINGS;
import static io.github.leaderelector.election.ElectionParts.US;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietElection.class)
class TurnTest {

    private static final Duration LEASE = TIMINGS.leaseDuration();
    private static final Duration RETRY = TIMINGS.retryPeriod();

    private final ElectionParts parts = new ElectionParts();
    private final Turn turn = new Turn(TIMINGS, parts.view, parts.succession, parts.machine, new Random(7));

    private Duration due() {
        return Duration.ofNanos(turn.dueNanos() - parts.machine.nanoTime());
    }

    @Test
    void isNowAsLongAsNothingWasSeen() {
        assertThat(due()).isZero();
    }

    @Test
    void isAfterAWhileWhenTheLastAttemptFailed() {
        turn.attempted();

        assertThat(due()).isBetween(RETRY.dividedBy(2), RETRY);
        turn.forgetAttempts();
        assertThat(due()).isZero();
    }

    @Test
    void isAfterAPauseWhenOthersWantItToo() {
        parts.given(parts.heldBy(OTHER, LEASE).releasedAt(parts.machine.wallTime()));

        assertThat(due()).isBetween(Duration.ZERO, Succession.PAUSE);
    }

    @Test
    void isAtOnceForTheSuccessor() {
        parts.given(
                parts.heldBy(OTHER, LEASE).releasedAt(parts.machine.wallTime()).withSuccessor(US));

        assertThat(due()).isZero();
    }

    @Test
    void isAfterAHeadStartOfAnotherSuccessor() {
        parts.given(
                parts.heldBy(OTHER, LEASE).releasedAt(parts.machine.wallTime()).withSuccessor("pod-c"));

        assertThat(due()).isBetween(Succession.HEAD_START, Succession.HEAD_START.plus(Succession.PAUSE));
    }

    @Test
    void isAtTheExpiryWhileAnotherHoldsItAndTheWatchIsTrusted() {
        parts.given(parts.heldBy(OTHER, LEASE));
        parts.view.setCurrent(true);
        turn.attempted();

        assertThat(due()).isBetween(LEASE, LEASE.plus(Succession.PAUSE));
        parts.run(LEASE.plusSeconds(1));
        assertThat(due()).isNegative();
    }

    @Test
    void isOnceInARetryPeriodWhileAnotherHoldsItWithoutAWatch() {
        parts.given(parts.heldBy(OTHER, LEASE));
        turn.attempted();

        assertThat(due()).isBetween(RETRY.dividedBy(2), RETRY);
    }

    @Test
    void isNotAtOnceWhenTheWatchBreaks() {
        parts.given(parts.heldBy(OTHER, LEASE));
        parts.view.setCurrent(true);
        parts.run(Duration.ofSeconds(3));
        turn.viewChanged();

        parts.view.setCurrent(false);
        turn.viewChanged();

        assertThat(due()).isBetween(Duration.ofNanos(1), RETRY.dividedBy(2));
    }
}
