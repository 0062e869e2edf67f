/**
 * The election: when to write the Lease, and what.
 *
 * <p>It guarantees: the hub is told of an acknowledged write only if the API server stored it; a Lease that another
 * holds is not taken before the lease duration has passed on the local monotonic clock since it was last seen to
 * change; every write carries the {@code resourceVersion} of the state that was judged; a release is written only after
 * the hub has stopped claiming. It does not guarantee that other clients of the same Lease keep these rules.
 *
 * <p>Where to begin: {@link io.github.leaderelector.election.Election} puts the parts together;
 * {@link io.github.leaderelector.election.Candidate} runs them. {@link io.github.leaderelector.election.LeaseView}
 * knows the state of the Lease, {@link io.github.leaderelector.election.Turn} decides when to try,
 * {@link io.github.leaderelector.election.LeaseWriter} whether and what to write. All this happens on one thread, the
 * {@link io.github.leaderelector.election.ElectionThread}, which never blocks.
 */
@NullMarked
package io.github.leaderelector.election;

import org.jspecify.annotations.NullMarked;
