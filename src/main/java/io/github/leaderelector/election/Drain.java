package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The time after a claim was dropped in which the Lease is held on, so that the application can finish before another
 * starts. Nothing is claimed in it; the Lease is only kept from the others. For the election's thread only, but for
 * {@link #end}.
 */
final class Drain {

    private final LeaseWriter writer;
    private final Duration length;
    private final Duration retryPeriod;
    private final ElectionThread.Alarm timeOver;
    private final ElectionThread.Alarm nextRenewal;
    private volatile @Nullable CompletableFuture<Void> present;

    Drain(LeaseWriter writer, ElectionSettings settings, ElectionThread thread) {
        this.writer = writer;
        this.length = settings.drain();
        this.retryPeriod = settings.timings().retryPeriod();
        this.timeOver = thread.alarm();
        this.nextRenewal = thread.alarm();
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
        timeOver.set(length, () -> over.complete(null));
        keep(over);
        return over;
    }

    /** The application has finished; answers whether a drain was under way. Safe for use by many threads. */
    boolean end() {
        CompletableFuture<Void> over = present;
        return over != null && over.complete(null);
    }

    private void keep(CompletableFuture<Void> over) {
        if (over.isDone()) {
            timeOver.cancel();
            return;
        }
        var unused = writer.keep().whenComplete((ours, thrown) -> {
            // What failed is tried again; if it goes on failing, the Lease expires.
            if (thrown == null && !ours) {
                over.complete(null);
            } else {
                nextRenewal.set(retryPeriod, () -> keep(over));
            }
        });
    }
}
