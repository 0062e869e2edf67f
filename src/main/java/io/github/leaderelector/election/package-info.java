/**
 * The election: the only room that knows Fabric8 and the API server.
 *
 * <p>It runs Fabric8's {@code LeaderElector} again and again, with a {@code Lock} of our own as the one place that
 * writes. What it guarantees: nothing is reported to the hub as acknowledged that was not; a Lease that another holds
 * is not taken before the lease duration has passed on the local monotonic clock since it was last seen to change;
 * every write carries the {@code resourceVersion} it is based on; a release is written only after the hub stopped
 * claiming. What it does not guarantee: that other clients of the same Lease keep these rules.
 *
 * <p>Data flows one way: {@link io.github.leaderelector.election.LeaseApi} answers and watch events go to the
 * {@link io.github.leaderelector.election.LeaseTracker}, from there as observations to the hub.
 */
@NullMarked
package io.github.leaderelector.election;

import org.jspecify.annotations.NullMarked;
