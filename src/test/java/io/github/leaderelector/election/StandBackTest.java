package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import org.junit.jupiter.api.Test;

class StandBackTest {

    private static final Reason STEP_DOWN = new Reason(Code.STEP_DOWN, "Asked to.");
    private static final Reason UNHEALTHY = new Reason(Code.UNHEALTHY, "503.");
    private static final Reason SHUTDOWN = new Reason(Code.SHUTDOWN, "Stopping.");

    @Test
    void aCandidateIsWhoHasNoReasonAtAll() {
        StandBack both = StandBack.NONE.with(STEP_DOWN).with(UNHEALTHY);

        assertThat(StandBack.NONE.candidate()).isTrue();
        assertThat(both.candidate()).isFalse();
        assertThat(both.without(Code.STEP_DOWN).candidate()).isFalse();
        assertThat(both.without(Code.STEP_DOWN).without(Code.UNHEALTHY).candidate())
                .isTrue();
    }

    @Test
    void theOldestReasonIsToldUntilItIsDropped() {
        StandBack both = StandBack.NONE.with(STEP_DOWN).with(UNHEALTHY);

        assertThat(both.foremost()).isEqualTo(STEP_DOWN);
        assertThat(both.without(Code.STEP_DOWN).foremost()).isEqualTo(UNHEALTHY);
    }

    @Test
    void aReasonTakesThePlaceOfTheOneOfItsKind() {
        Reason worse = new Reason(Code.UNHEALTHY, "No answer.");

        StandBack replaced = StandBack.NONE.with(UNHEALTHY).with(STEP_DOWN).with(worse);

        assertThat(replaced.reasons()).containsExactly(worse, STEP_DOWN);
    }

    @Test
    void whoeverStopsSaysSoWhateverElse() {
        assertThat(StandBack.NONE.with(UNHEALTHY).with(SHUTDOWN).foremost()).isEqualTo(SHUTDOWN);
    }

    @Test
    void droppingAReasonThatIsNotThereChangesNothing() {
        assertThat(StandBack.NONE.with(UNHEALTHY).without(Code.STEP_DOWN)).isEqualTo(StandBack.NONE.with(UNHEALTHY));
    }
}
