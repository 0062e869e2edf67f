package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * One who counts what the election asks of the API server.
 *
 * <p>It is called in the election's way, during handovers, too: implementations return within a microsecond or so and
 * are safe for use by many threads. What they throw is dropped. Each takes note of what it wants to.
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
     * @param took from before it was sent until its answer, or its absence, was known
     * @param acknowledged whether the API server stored it
     */
    default void renewed(Duration took, boolean acknowledged) {}

    /** A watch is to be opened again, because the last one broke, could not be opened, or missed something. */
    default void watchReopened() {}
}
