package io.github.leaderelector;

import io.github.leaderelector.leadership.Reason;

/** Our part in the election, as {@link Lifecycle} knows it. */
interface Participation {

    /** Begins to campaign; returns at once. */
    void start();

    /**
     * Stops claiming, waits until every sign says so and the drain is over, and releases the Lease; in a bounded time,
     * whatever the API server and the signs do. Nothing, if it was done before.
     */
    void stop(Reason reason);

    /** Ends threads and connections. */
    void close();
}
