package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;

/**
 * A state of the hub with the moment of its reading, at which it is true.
 *
 * @param leadership the state; its reason is true at that moment, too
 * @param moment the moment
 */
record LeadershipReading(Leadership leadership, Moment moment) {

    static LeadershipReading of(LeadershipHub hub, Ticker ticker) {
        Leadership leadership = hub.current();
        Moment now = ticker.now();
        if (leadership.claim() != null && !leadership.leads(now)) {
            // The claim ended between the two lines above; the hub now knows, and says why.
            leadership = hub.current();
            now = ticker.now();
        }
        return new LeadershipReading(leadership, now);
    }
}
