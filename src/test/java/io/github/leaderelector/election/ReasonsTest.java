package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import org.junit.jupiter.api.Test;

class ReasonsTest {

    private static final Reason STEP_DOWN = new Reason(Code.STEP_DOWN, "Asked to.");
    private static final Reason UNHEALTHY = new Reason(Code.UNHEALTHY, "503.");
    private static final Reason SHUTDOWN = new Reason(Code.SHUTDOWN, "Stopping.");

    @Test
    void aReplicaWithoutReasonsIsACandidate() {
        Reasons both = Reasons.NONE.with(STEP_DOWN).with(UNHEALTHY);

        assertThat(Reasons.NONE.isEmpty()).isTrue();
        assertThat(both.isEmpty()).isFalse();
        assertThat(both.without(Code.STEP_DOWN).isEmpty()).isFalse();
        assertThat(both.without(Code.STEP_DOWN).without(Code.UNHEALTHY).isEmpty())
                .isTrue();
    }

    @Test
    void theOldestReasonIsToldUntilItIsDropped() {
        Reasons both = Reasons.NONE.with(STEP_DOWN).with(UNHEALTHY);

        assertThat(both.foremost()).isEqualTo(STEP_DOWN);
        assertThat(both.without(Code.STEP_DOWN).foremost()).isEqualTo(UNHEALTHY);
    }

    @Test
    void aReasonTakesThePlaceOfTheOneOfItsKind() {
        Reason worse = new Reason(Code.UNHEALTHY, "No answer.");

        Reasons replaced = Reasons.NONE.with(UNHEALTHY).with(STEP_DOWN).with(worse);

        assertThat(replaced.all()).containsExactly(worse, STEP_DOWN);
    }

    @Test
    void aShutdownIsTheForemostReason() {
        assertThat(Reasons.NONE.with(UNHEALTHY).with(SHUTDOWN).foremost()).isEqualTo(SHUTDOWN);
    }

    @Test
    void droppingAReasonThatIsNotThereChangesNothing() {
        assertThat(Reasons.NONE.with(UNHEALTHY).without(Code.STEP_DOWN)).isEqualTo(Reasons.NONE.with(UNHEALTHY));
    }
}
