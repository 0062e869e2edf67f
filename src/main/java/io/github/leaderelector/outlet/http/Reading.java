package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;

/**
 * A state and a moment at which it holds.
 *
 * @param leadership the state; its reason is true at the moment, too
 * @param moment when
 */
record Reading(Leadership leadership, Moment moment) {

    static Reading of(LeadershipHub hub, Ticker ticker) {
        Leadership leadership = hub.current();
        Moment now = ticker.now();
        if (leadership.claim() != null && !leadership.leads(now)) {
            // The claim ended between the two lines above; the hub now knows, and says why.
            leadership = hub.current();
            now = ticker.now();
        }
        return new Reading(leadership, now);
    }
}
