/**
 * What the cluster sees: the label of the leader's pod, and Kubernetes Events on the Lease.
 *
 * <p>This room guarantees that the label is set after the claim began, that a Lease is not released while the label is
 * known to be there, and that a new leader takes it from the other pods first. It does not guarantee that the label is
 * nowhere else at any instant: who cannot reach the API server cannot take it off, and the label stays until the next
 * leader does. It writes pods and Events, never the Lease. Its requests go over a connection of its own, so that a slow
 * answer to them does not hold up a renewal.
 */
@NullMarked
package io.github.leaderelector.outlet.kubernetes;

import org.jspecify.annotations.NullMarked;
