package io.github.leaderelector.leadership;

/** Where a candidate stands. */
public enum Phase {
    /** The state of the Lease has not been seen yet. */
    UNKNOWN,
    /** A candidate that does not lead. */
    FOLLOWING,
    /** Leads, as long as the {@link Claim} holds. */
    LEADING,
    /** Told not to lead: claims nothing, whatever the Lease says, until it may campaign again. */
    RESIGNED,
}
