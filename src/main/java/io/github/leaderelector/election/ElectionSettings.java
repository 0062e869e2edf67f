package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;

/**
 * What an election is about; immutable.
 *
 * @param lease the Lease that the replicas compete for
 * @param identity who we are in it
 * @param podName the name of our pod, which may tell the workload that the Lease is marked with
 * @param timings the three times
 * @param drain how long the Lease is held on after a claim was dropped; zero or more
 */
public record ElectionSettings(LeaseRef lease, String identity, String podName, Timings timings, Duration drain) {}
