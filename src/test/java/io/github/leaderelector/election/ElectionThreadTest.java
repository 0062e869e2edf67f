package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.Test;

class ElectionThreadTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final ElectionParts parts = new ElectionParts();
    private final ElectionThread.Alarm alarm = parts.thread.alarm();
    private final List<String> rung = new ArrayList<>();

    @Test
    void anAlarmRingsOnceAndIsNotSetAnyMore() {
        alarm.set(SECOND, () -> rung.add("set " + alarm.isSet()));
        assertThat(alarm.isSet()).isTrue();

        parts.run(SECOND.minusNanos(1));
        assertThat(rung).isEmpty();
        parts.run(SECOND.multipliedBy(10));

        assertThat(rung).containsExactly("set false");
    }

    @Test
    void anAlarmThatIsSetAgainTakesThePlaceOfTheFirst() {
        alarm.set(SECOND, () -> rung.add("first"));
        alarm.set(SECOND.multipliedBy(2), () -> rung.add("second"));

        parts.run(SECOND.multipliedBy(10));

        assertThat(rung).containsExactly("second");
    }

    @Test
    void anAlarmThatIsCancelledDoesNotRing() {
        alarm.set(SECOND, () -> rung.add("first"));
        alarm.cancel();

        assertThat(alarm.isSet()).isFalse();
        parts.run(SECOND.multipliedBy(10));
        assertThat(rung).isEmpty();
    }

    @Test
    void anAnswerIsReceivedOnTheThread() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletableFuture<String> received = parts.thread.receive(answer);

        answer.complete("stored");

        assertThat(received).isNotDone();
        parts.run(Duration.ZERO);
        assertThat(received).isCompletedWithValue("stored");
    }

    @Test
    void aCallIsMadeOnTheThread() {
        CompletableFuture<String> called = parts.thread.call(() -> {
            rung.add("called");
            return CompletableFuture.completedFuture("stored");
        });

        assertThat(rung).isEmpty();
        parts.run(Duration.ZERO);
        assertThat(called).isCompletedWithValue("stored");
    }

    @Test
    void whatComesAfterTheEndIsDropped() {
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();
        executor.shutdownNow();
        ElectionThread ended = new ElectionThread(executor);
        ElectionThread.Alarm late = ended.alarm();

        assertThatCode(() -> ended.execute(() -> rung.add("late"))).doesNotThrowAnyException();
        assertThatCode(() -> late.set(SECOND, () -> rung.add("late"))).doesNotThrowAnyException();

        assertThat(late.isSet()).isFalse();
    }
}
