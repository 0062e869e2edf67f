package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The API server, as far as one Lease goes.
 *
 * <p>No call blocks. Every future completes within the request timeout; on failure with a {@link ApiException}. A
 * failed write may nevertheless have gone through, unless {@link ApiException#refused} says otherwise. Safe for use by
 * many threads.
 */
public interface LeaseApi extends AutoCloseable {

    /** Reads the Lease, consistently; empty when there is none. */
    CompletableFuture<Optional<LeaseDocument>> get();

    /** Creates the Lease; fails with a conflict when there is one. Completes with what was stored. */
    CompletableFuture<LeaseDocument> create(LeaseDocument lease);

    /**
     * Replaces the Lease, if its {@code resourceVersion} is still that of {@code lease}; fails with a conflict if not.
     * Completes with what was stored.
     */
    CompletableFuture<LeaseDocument> replace(LeaseDocument lease);

    /**
     * Opens a watch, beginning with the present state if there is a Lease. It does not come back by itself when it
     * breaks.
     */
    CompletableFuture<Watch> watch(WatchListener listener);

    /** Logs, once and in its own time, which permissions on the Lease are missing, if any are. */
    default void reportMissingPermissions() {}

    /** Ends all requests and frees the connections. */
    @Override
    void close();

    /** An open watch. */
    interface Watch extends AutoCloseable {
        /** Closes it; events already under way may still come. */
        @Override
        void close();
    }

    /** Who is told what a watch sees; calls come one after the other. */
    interface WatchListener {

        /** The Lease was created or modified, or is there at the beginning. */
        void changed(LeaseDocument lease);

        /** The Lease was deleted; {@code lease} carries the {@code resourceVersion} of the deletion. */
        void deleted(LeaseDocument lease);

        /** The watch has ended. */
        void closed(ApiException cause);
    }
}
