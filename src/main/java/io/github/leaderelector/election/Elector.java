package io.github.leaderelector.election;

import java.util.concurrent.CompletableFuture;

/**
 * A loop that tries to take the Lease and, once it has it, renews it: Fabric8's elector, or what stands for it where
 * time is simulated. Used once.
 */
interface Elector {

    /**
     * Starts it; the first attempt is made at once.
     *
     * @return completes when the loop has ended by itself, which it need not tell
     */
    CompletableFuture<?> start();

    /** Ends it without a release; no attempt may be under way. */
    void cancel();

    /** Makes electors. */
    @FunctionalInterface
    interface Factory {
        /** A new elector. */
        Elector create();
    }
}
