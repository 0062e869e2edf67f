package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The time after the end of a claim in which the Lease is still renewed, so that the application can finish before
 * another replica's starts. This replica does not claim to lead meanwhile. For the election's thread only, except
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
     * Begins the drain. The claim must have ended.
     *
     * @return completes when the drain is over: after its time, by {@link #end}, or because the Lease is no longer ours
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

    /**
     * Ends the drain early, because the application has finished; returns whether a drain was under way. Safe for use
     * by many threads.
     */
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
            // A failed renewal is tried again. If all fail, the Lease expires.
            if (thrown == null && !ours) {
                over.complete(null);
            } else {
                nextRenewal.set(retryPeriod, () -> keep(over));
            }
        });
    }
}
