package io.github.leaderelector.leadership;

import java.time.Duration;

/**
 * One change of leadership: this process began or stopped leading, or the Lease got another holder; immutable.
 *
 * @param sequence the number of the change, from 1 on
 * @param before the state before
 * @param after the state after
 * @param at when this process noticed it
 * @param gap for how long no leader was known before; zero if there was one
 */
public record Transition(long sequence, Leadership before, Leadership after, Moment at, Duration gap) {

    /** Whether this process began to lead. */
    public boolean began() {
        return after.phase() == Phase.LEADING;
    }

    /** Whether this process stopped leading. */
    public boolean ceased() {
        return before.phase() == Phase.LEADING && after.phase() != Phase.LEADING;
    }
}
