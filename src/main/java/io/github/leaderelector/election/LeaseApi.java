package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Requests to the API server about one Lease.
 *
 * <p>No call blocks. Every future completes within the request timeout; on failure with a {@link ApiException}. A
 * failed write may have succeeded all the same, unless {@link ApiException#refused} says otherwise. Safe for use by
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
     * Opens a watch. It begins with the current state of the Lease if there is one. A watch that breaks is not opened
     * again.
     */
    CompletableFuture<Watch> watch(WatchListener listener);

    /** Logs once which permissions on the Lease are missing, if any are. Returns at once. */
    default void reportMissingPermissions() {}

    /** Ends all requests and frees the connections. */
    @Override
    void close();

    /** An open watch. */
    interface Watch extends AutoCloseable {
        /** Closes the watch; events that are under way may still arrive. */
        @Override
        void close();
    }

    /** Receives the events of a watch, one after the other. */
    interface WatchListener {

        /** The Lease was created or modified, or existed when the watch began. */
        void changed(LeaseDocument lease);

        /** The Lease was deleted; {@code lease} carries the {@code resourceVersion} of the deletion. */
        void deleted(LeaseDocument lease);

        /** The watch has ended. */
        void closed(ApiException cause);
    }
}
