package io.github.leaderelector.leadership;

/** The phase of a replica in the election. */
public enum Phase {
    /** The state of the Lease has not been seen yet. */
    UNKNOWN,
    /** A candidate that does not lead. */
    FOLLOWING,
    /** Leads, as long as the {@link Claim} holds. */
    LEADING,
    /** Resigned: does not claim to lead, even if the Lease has its name, until it may campaign again. */
    RESIGNED,
}
