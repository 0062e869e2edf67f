/**
 * The sidecar that elects one leader among the replicas of a workload: starting, wiring, stopping.
 *
 * <p>This room knows all others and decides nothing about leadership. It guarantees that the process ends with a status
 * and a sentence that tell why, and that a stop takes no longer than the drain and
 * {@link io.github.leaderelector.Exit#STOP_LIMIT}. It does not guarantee that the lead is released by then: an orderly
 * stop that is stuck is cut off, and the others wait for the Lease to expire.
 */
@NullMarked
package io.github.leaderelector;

import org.jspecify.annotations.NullMarked;
