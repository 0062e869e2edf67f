package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * Is called for each request of the election, for metrics.
 *
 * <p>The election waits for each call, also during handovers: implementations return within about a microsecond and are
 * safe for use by many threads. Exceptions are dropped.
 */
public interface ElectionListener {

    /** {@code status} of a request that got no answer. */
    int NO_ANSWER = 0;

    /**
     * A request ended.
     *
     * @param verb as in a Role: get, create, update, watch
     * @param status the HTTP status, 200 for a watch that was opened, or {@link #NO_ANSWER}
     */
    default void answered(String verb, int status) {}

    /**
     * A renewal of a Lease that we hold ended.
     *
     * @param took the time from before it was sent until its answer or its failure
     * @param acknowledged whether the API server stored it
     */
    default void renewed(Duration took, boolean acknowledged) {}

    /** A watch is opened again, because the last one broke, could not be opened, or missed a change. */
    default void watchReopened() {}
}
