package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;

/**
 * The settings of one election; immutable.
 *
 * @param lease the Lease that the replicas compete for
 * @param identity our identity in it
 * @param podName the name of our pod, which may tell the workload that the Lease is marked with
 * @param timings the three times
 * @param drain how long the Lease is still renewed after the end of a claim; zero or more
 */
public record ElectionSettings(LeaseRef lease, String identity, String podName, Timings timings, Duration drain) {}
