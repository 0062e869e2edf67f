package io.github.leaderelector.config;

/** When the readiness probe succeeds. */
public enum Readiness {
    /** After the Lease has been seen for the first time. */
    ALWAYS,
    /** While this replica leads. */
    LEADER,
}
