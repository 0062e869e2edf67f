package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * Controls whether this replica wants to lead; the port by which other packages act on the election.
 *
 * <p>A replica is a candidate while there is no reason against it. Reasons of different kinds exist independently.
 * Implementations are safe for use by many threads; no method blocks.
 */
public interface Candidacy {

    /**
     * Resigns for {@code reason}, which takes the place of an earlier one of the same kind. A leader stops claiming
     * before this returns; then its signs are removed, the application gets its drain time, and the Lease is released.
     * This replica is not a candidate until the reason is dropped.
     */
    void resign(Reason reason);

    /** Drops the reason of this kind, if there is one. After the last one is dropped, this replica campaigns again. */
    void campaign(Reason.Code kind);

    /**
     * Resigns for {@code cooldown}, if this replica leads.
     *
     * @param cooldown zero or more
     * @return whether it led
     */
    boolean stepDown(Duration cooldown);

    /**
     * Ends the drain, because the application has finished its work as the leader.
     *
     * @return whether a drain was under way
     */
    boolean drained();
}
