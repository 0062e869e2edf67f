package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * One change of leadership: we began or ceased to lead, or the Lease got another holder.
 *
 * @param sequence counts the changes from 1 on
 * @param before the state before
 * @param after the state after
 * @param at when it was noticed
 * @param gap how long no leader was known before; zero when there was one
 */
public record Transition(long sequence, Leadership before, Leadership after, Moment at, Duration gap) {

    /** Whether this process began to lead. */
    public boolean began() {
        return after.phase() == Phase.LEADING;
    }

    /** Whether this process ceased to lead. */
    public boolean ceased() {
        return before.phase() == Phase.LEADING && after.phase() != Phase.LEADING;
    }
}
