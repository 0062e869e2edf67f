package io.github.leaderelector.config;

/** When the readiness probe succeeds. */
public enum Readiness {
    /** From when the Lease has been seen for the first time. */
    ALWAYS,
    /** While this replica leads. */
    LEADER,
}
