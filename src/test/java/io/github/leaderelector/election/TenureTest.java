package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TenureTest {

    private static final Duration PERIOD = ElectionParts.TIMINGS.retryPeriod();
    private static final Duration LONGEST_SILENCE = PERIOD.multipliedBy(4);

    private final ElectionParts parts = new ElectionParts();
    private final List<Loop> loops = new ArrayList<>();
    private final Tenure tenure =
            new Tenure(parts.writer, this::begin, ElectionParts.TIMINGS, parts.thread, parts.machine);

    /** A loop that calls when a test tells it to. */
    private static final class Loop implements Renewal {
        private final Supplier<CompletableFuture<Void>> renew;
        private boolean stopped;

        private Loop(Supplier<CompletableFuture<Void>> renew) {
            this.renew = renew;
        }

        @Override
        public void stop() {
            stopped = true;
        }
    }

    private Renewal begin(Supplier<CompletableFuture<Void>> renew) {
        Loop loop = new Loop(renew);
        loops.add(loop);
        return loop;
    }

    @BeforeEach
    void lead() {
        parts.writer.acquire().join();
        assertThat(parts.hub.leads()).isTrue();
    }

    @Test
    void hasOneLoopHoweverOftenItBegins() {
        tenure.begin();
        tenure.begin();

        assertThat(loops).hasSize(1);
    }

    @Test
    void renewsWhenItsLoopCalls() {
        tenure.begin();
        parts.run(PERIOD);

        CompletableFuture<Void> renewed = loops.get(0).renew.get();
        parts.run(Duration.ZERO);

        assertThat(renewed).isCompleted();
        assertThat(parts.calls("update")).isOne();
    }

    @Test
    void anotherLoopTakesThePlaceOfOneThatHasFallenSilent() {
        tenure.begin();
        parts.run(PERIOD.multipliedBy(3));
        var unused = loops.get(0).renew.get();

        parts.run(LONGEST_SILENCE.minusNanos(1));
        assertThat(loops).hasSize(1);
        parts.run(Duration.ofNanos(1));

        assertThat(loops).hasSize(2);
        assertThat(loops.get(0).stopped).isTrue();
        assertThat(loops.get(1).stopped).isFalse();
    }

    @Test
    void aLateCallOfALoopThatWasStoppedRenewsNothing() {
        tenure.begin();
        parts.run(LONGEST_SILENCE);
        assertThat(loops).hasSize(2);

        CompletableFuture<Void> late = loops.get(0).renew.get();
        parts.run(Duration.ZERO);

        assertThat(late).isCompletedExceptionally();
        assertThat(parts.calls("update")).isZero();
    }

    @Test
    void nothingIsRenewedAfterItsEnd() {
        tenure.begin();
        parts.run(PERIOD);
        tenure.end();

        CompletableFuture<Void> late = loops.get(0).renew.get();
        parts.run(LONGEST_SILENCE.multipliedBy(2));

        assertThat(loops).hasSize(1);
        assertThat(loops.get(0).stopped).isTrue();
        assertThat(late).isCompletedExceptionally();
        assertThat(parts.calls("update")).isZero();
    }
}
