package io.github.leaderelector.config;

/** What the Lease is deleted with. */
public enum LeaseOwner {
    /** Nothing: it stays. */
    NONE,
    /** The workload of this pod, such as its Deployment. */
    WORKLOAD,
}
