/**
 * The probes of Kubernetes, answered from memory.
 *
 * <p>This package guarantees that the loss of the lead or of the API server never restarts the container: the liveness
 * probe fails only if a part of this process is broken. It does not guarantee that the endpoints of a Service follow
 * the lead at once: the kubelet asks every few seconds.
 */
@NullMarked
package io.github.leaderelector.outlet.health;

import org.jspecify.annotations.NullMarked;
