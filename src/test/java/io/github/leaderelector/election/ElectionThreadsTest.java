package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class ElectionThreadsTest {

    @Test
    void aTaskThatFailsIsToldAndTheThreadGoesOn() throws InterruptedException, ExecutionException, TimeoutException {
        ScheduledExecutorService thread = ElectionThreads.timed("election");
        try (CollectedLog log = new CollectedLog(ElectionThreads.class)) {
            thread.execute(() -> {
                throw new IllegalStateException("broken");
            });

            assertThat(thread.submit(() -> "next").get(10, TimeUnit.SECONDS)).isEqualTo("next");
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("ERROR LE-215 A fault of leader-elector itself, on its thread 'election'");
        } finally {
            thread.shutdownNow();
        }
    }
}
