package io.github.leaderelector.election;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an election, one for each duty.
 *
 * @param election reads and changes the state of the election; never blocks
 * @param renewal runs Fabric8's loop, which blocks while a renewal is under way
 * @param watchdog ends the claim in time, even if the other threads are stuck
 */
record ElectionThreads(
        ScheduledExecutorService election, ScheduledExecutorService renewal, ScheduledExecutorService watchdog)
        implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ElectionThreads.class);

    /** Daemons with telling names. */
    static ElectionThreads start() {
        return new ElectionThreads(timed("election"), timed("renewal"), timed("claim-watchdog"));
    }

    /** One thread that works and keeps time, and reports what a task throws. */
    static ScheduledExecutorService timed(String name) {
        ScheduledThreadPoolExecutor executor =
                new ScheduledThreadPoolExecutor(1, task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                }) {
                    @Override
                    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
                        super.afterExecute(task, thrown);
                        reportFault(name, task);
                    }
                };
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** Without this, the executor would drop what a task throws. */
    private static void reportFault(String name, Runnable task) {
        if (task instanceof Future<?> future && future.isDone() && !future.isCancelled()) {
            try {
                future.get();
            } catch (ExecutionException failure) {
                LOG.error(
                        "LE-215 A fault of leader-elector itself, on its thread '" + name
                                + "'; it goes on. Please report it.",
                        failure.getCause());
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        election.shutdownNow();
        renewal.shutdownNow();
        watchdog.shutdownNow();
    }
}
