package io.github.leaderelector.election;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The threads of an election: daemons with telling names, one for each duty. */
final class ElectionThreads {

    private static final Logger LOG = Logger.getLogger(ElectionThreads.class);

    private ElectionThreads() {}

    /** One thread that works and keeps time. */
    static ScheduledExecutorService timed(String name) {
        ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, factory(name)) {
            @Override
            protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
                super.afterExecute(task, thrown);
                tellOfFailure(name, task);
            }
        };
        executor.setRemoveOnCancelPolicy(true);
        return executor;
    }

    /** The executor keeps what a task throws to itself. */
    private static void tellOfFailure(String name, Runnable task) {
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

    /** One thread that goes away when there is nothing to do. */
    static ExecutorService passing(String name) {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory(name));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static ThreadFactory factory(String name) {
        return task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
