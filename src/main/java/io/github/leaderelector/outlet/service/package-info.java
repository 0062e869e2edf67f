/**
 * The Service that follows the leader: one without a selector, whose EndpointSlices the leader writes.
 *
 * <p>This package guarantees that a slice never goes back from a later tenure to an earlier one: each write names the
 * {@code resourceVersion} that it is based on, and none is based on a slice with a larger fencing token. It guarantees
 * that the address of a leader that has stopped leading stays until the next leader replaces it, and is removed soon if
 * there is none. It does not guarantee that traffic reaches only the leader: between the end of a claim and the next
 * leader's write, and for as long as a killed leader's Lease lasts, the Service points at a pod that does not lead. The
 * release of the Lease never waits for it. It writes EndpointSlices and nothing else; a follower writes nothing.
 */
@NullMarked
package io.github.leaderelector.outlet.service;

import org.jspecify.annotations.NullMarked;
