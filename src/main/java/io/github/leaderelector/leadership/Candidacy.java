package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * Whether this replica wants to lead: what may be asked of the election from outside.
 *
 * <p>A replica is a candidate as long as there is no reason against it. Reasons of different kinds hold side by side.
 * Implementations are safe for use by many threads; no method waits for anything.
 */
public interface Candidacy {

    /**
     * Resigns for {@code reason}, which takes the place of an earlier one of the same kind. A leader stops claiming
     * before this returns; its signs are taken back, the application gets its time to finish, and the Lease is
     * released. This replica is no candidate until the reason is dropped.
     */
    void resign(Reason reason);

    /** Drops the reason of this kind, if there is one. If it was the last one, this replica campaigns again. */
    void campaign(Reason.Code kind);

    /**
     * Resigns for {@code cooldown}, if this replica leads.
     *
     * @param cooldown zero or more
     * @return whether it led
     */
    boolean stepDown(Duration cooldown);

    /**
     * The application has finished what it did as the leader: the Lease need not be held for it any longer.
     *
     * @return whether it was held for that
     */
    boolean drained();
}
