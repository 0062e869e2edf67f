package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import io.github.leaderelector.testkit.RealApiServer;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * The real election, without outlets, and with event loops that many of them share: hundreds fit into a process. Each
 * has connections of its own, as sidecars have.
 */
record LightCandidate(LeaseRef lease, Election election, LeadershipHub hub) {

    /** The defaults. */
    static final Timings TIMINGS = new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

    /** The user that all of them are to the API server. */
    static final String USER = "sidecar";

    /** One with the default times; not started. */
    static LightCandidate of(
            RealApiServer server, Vertx vertx, LeaseRef lease, String identity, ElectionListener listener) {
        LeadershipHub hub = new LeadershipHub(identity, lease, TIMINGS.renewDeadline(), Ticker.system());
        Config config = new ConfigBuilder(server.admin().getConfiguration())
                .withOauthToken(server.token(USER))
                .build();
        Election election = Election.on(
                ApiAccesses.of(config),
                vertx,
                new ElectionSettings(lease, identity, identity, TIMINGS, Duration.ZERO),
                hub,
                Ticker.system(),
                listener);
        return new LightCandidate(lease, election, hub);
    }
}
