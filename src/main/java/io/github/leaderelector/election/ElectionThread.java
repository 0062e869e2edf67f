package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that reads and changes the state of the election. No task on it ever blocks.
 *
 * <p>Other threads post their results to it, such as the answers of the API server. After the executor is shut down,
 * posted tasks are dropped silently: the election is over. Safe for use by many threads.
 */
final class ElectionThread {

    private final ScheduledExecutorService executor;

    /** @param executor of one thread */
    ElectionThread(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    /** Runs {@code task} on this thread, after what was posted before. */
    void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException closed) {
            // The executor is shut down: see above.
        }
    }

    /** Runs {@code call} on this thread; completes, on this thread, as what it returns does. */
    <T> CompletableFuture<T> call(Supplier<CompletableFuture<T>> call) {
        return CompletableFuture.completedFuture(null).thenComposeAsync(nothing -> call.get(), this::execute);
    }

    /** Completes as {@code answer} does, but on this thread. */
    <T> CompletableFuture<T> receive(CompletableFuture<T> answer) {
        return answer.whenCompleteAsync((value, thrown) -> {}, this::execute);
    }

    /** A new alarm of this thread, which is not set. */
    Alarm alarm() {
        return new Alarm();
    }

    /** Runs one task at one time: setting it again takes the place of what was set. For use on the thread only. */
    final class Alarm {

        private @Nullable Future<?> set;

        private Alarm() {}

        /** Runs {@code task} after {@code delay}, and nothing that was set before. */
        void set(Duration delay, Runnable task) {
            cancel();
            try {
                set = executor.schedule(() -> ring(task), delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException closed) {
                // The executor is shut down: see above.
            }
        }

        private void ring(Runnable task) {
            set = null;
            task.run();
        }

        /** Calls off what was set, if anything was. */
        void cancel() {
            if (set != null) {
                set.cancel(false);
                set = null;
            }
        }

        /** Whether a task is yet to run. */
        boolean isSet() {
            return set != null;
        }
    }
}
