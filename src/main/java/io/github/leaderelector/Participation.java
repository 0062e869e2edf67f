package io.github.leaderelector;

import io.github.leaderelector.leadership.Reason;

/** This replica's participation in the election, as {@link Lifecycle} starts and stops it. */
interface Participation {

    /** Begins to campaign; returns at once. */
    void start();

    /**
     * Stops claiming, waits until every sign is removed and the drain is over, and releases the Lease. Takes a bounded
     * time, even if the API server or a sign hangs. Does nothing if called again.
     */
    void stop(Reason reason);

    /** Ends threads and connections. */
    void close();
}
