package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * A loop that renews the Lease once in each retry period: Fabric8's elector, or a replacement where time is simulated.
 * It runs from its creation until {@link #stop} and is not used again.
 */
interface Renewal {

    /** Ends the loop; returns at once. A renewal that is under way ends by itself. */
    void stop();

    /** Creates renewal loops. */
    @FunctionalInterface
    interface Factory {

        /**
         * Begins to call {@code renew}, the first time at once.
         *
         * @param renew does not block and may be called by any thread; it completes when the renewal has ended, and
         *     fails with a {@link ApiException}
         */
        Renewal begin(Supplier<CompletableFuture<Void>> renew);
    }
}
