/**
 * The sidecar that elects one leader among the replicas of a workload: starting, wiring, stopping.
 *
 * <p>This package knows all others and decides nothing about leadership. It guarantees that the process ends with a
 * status and a sentence that say why, and that a stop takes no longer than the drain and
 * {@link io.github.leaderelector.Exit#STOP_LIMIT}. It does not guarantee that the Lease is released by then: a stop
 * that hangs is ended, and the other replicas wait until the Lease expires.
 */
@NullMarked
package io.github.leaderelector;

import org.jspecify.annotations.NullMarked;
