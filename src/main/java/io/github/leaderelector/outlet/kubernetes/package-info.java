/**
 * The label of the leader's pod, and Kubernetes Events on the Lease.
 *
 * <p>This package guarantees that the label is set only after the claim began, that a Lease is not released while the
 * label is known to be set, and that a new leader first removes it from the other pods. It does not guarantee that only
 * one pod carries the label at any moment: a replica that cannot reach the API server cannot remove its label, which
 * stays until the next leader removes it. This package writes pods and Events, never the Lease. It has connections of
 * its own, so that a slow answer does not delay a renewal.
 */
@NullMarked
package io.github.leaderelector.outlet.kubernetes;

import org.jspecify.annotations.NullMarked;
