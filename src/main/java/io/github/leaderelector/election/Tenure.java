package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Renews the Lease while this replica leads. Each tenure has a renewal loop of its own, which stops at its end. For the
 * election's thread only.
 */
final class Tenure {

    /** A loop that has not called for this many retry periods has ended or is stuck, and is replaced. */
    private static final int SILENT_PERIODS = 4;

    private final LeaseWriter writer;
    private final Renewal.Factory renewals;
    private final Duration longestSilence;
    private final ElectionThread thread;
    private final Ticker ticker;
    private final ElectionThread.Alarm silence;

    private @Nullable Renewal renewal;
    private long lastCallNanos;
    /** Numbers the loops, so that calls of a stopped loop are recognized. */
    private int loop;

    Tenure(LeaseWriter writer, Renewal.Factory renewals, Timings timings, ElectionThread thread, Ticker ticker) {
        this.writer = writer;
        this.renewals = renewals;
        this.longestSilence = timings.retryPeriod().multipliedBy(SILENT_PERIODS);
        this.thread = thread;
        this.ticker = ticker;
        this.silence = thread.alarm();
    }

    /** Begins to renew, unless it has begun already. */
    void begin() {
        if (renewal == null) {
            int mine = ++loop;
            lastCallNanos = ticker.nanoTime();
            renewal = renewals.begin(() -> thread.call(() -> renew(mine)));
            silence.set(longestSilence, this::checkSilence);
        }
    }

    private CompletableFuture<Void> renew(int caller) {
        if (caller != loop || renewal == null) {
            return CompletableFuture.failedFuture(
                    new ApiException(ApiException.NO_ANSWER, "The tenure is over.", null));
        }
        lastCallNanos = ticker.nanoTime();
        return writer.renew();
    }

    private void checkSilence() {
        Duration left = longestSilence.minusNanos(ticker.nanoTime() - lastCallNanos);
        if (left.isNegative() || left.isZero()) {
            end();
            begin();
        } else {
            silence.set(left, this::checkSilence);
        }
    }

    /** Stops renewing, if it has begun. */
    void end() {
        if (renewal != null) {
            renewal.stop();
            renewal = null;
            silence.cancel();
        }
    }
}
