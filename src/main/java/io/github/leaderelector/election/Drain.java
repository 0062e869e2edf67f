package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The time after a claim was dropped in which the Lease is held on, so that the application can finish before another
 * starts. Nothing is claimed in it; the Lease is only kept from the others.
 *
 * <p>Safe for use by many threads.
 */
final class Drain {

    private final LeaseSession session;
    private final Duration length;
    private final Duration retryPeriod;
    private final ScheduledExecutorService executor;
    private volatile @Nullable CompletableFuture<Void> present;

    /** @param length how long at most; zero for not at all */
    Drain(LeaseSession session, Duration length, Duration retryPeriod, ScheduledExecutorService executor) {
        this.session = session;
        this.length = length;
        this.retryPeriod = retryPeriod;
        this.executor = executor;
    }

    /**
     * Begins one. No claim holds any more.
     *
     * @return completes when the Lease need not be held on: because the time is over, because of {@link #end}, or
     *     because it is no longer ours
     */
    CompletableFuture<Void> begin() {
        CompletableFuture<Void> over = new CompletableFuture<>();
        if (length.isZero()) {
            over.complete(null);
            return over;
        }
        present = over;
        in(length, () -> over.complete(null));
        keep(over);
        return over;
    }

    /** The application has finished; answers whether one was under way. */
    boolean end() {
        CompletableFuture<Void> over = present;
        return over != null && over.complete(null);
    }

    private void keep(CompletableFuture<Void> over) {
        if (over.isDone()) {
            return;
        }
        var unused = session.keep().whenComplete((ours, thrown) -> {
            // Whatever failed is tried again; if it goes on failing, the Lease expires.
            if (thrown == null && !ours) {
                over.complete(null);
            } else {
                in(retryPeriod, () -> keep(over));
            }
        });
    }

    private void in(Duration delay, Runnable task) {
        try {
            var unused = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            // The process ends; the Lease expires.
        }
    }
}
