/**
 * The election: when to write the Lease, and what.
 *
 * <p>What it guarantees: nothing is reported to the hub as acknowledged that was not; a Lease that another holds is not
 * taken before the lease duration has passed on the local monotonic clock since it was last seen to change; every write
 * carries the {@code resourceVersion} of the state that was judged; a release is written only after the hub stopped
 * claiming. What it does not guarantee: that other clients of the same Lease keep these rules.
 *
 * <p>Where to begin: {@link io.github.leaderelector.election.Election} puts the parts together;
 * {@link io.github.leaderelector.election.Candidate} is what they are for. The
 * {@link io.github.leaderelector.election.LeaseView} knows what was seen, {@link io.github.leaderelector.election.Turn}
 * when to try, {@link io.github.leaderelector.election.LeaseWriter} whether and what to write. All of it happens on one
 * thread, the {@link io.github.leaderelector.election.ElectionThread}, which never blocks.
 */
@NullMarked
package io.github.leaderelector.election;

import org.jspecify.annotations.NullMarked;
