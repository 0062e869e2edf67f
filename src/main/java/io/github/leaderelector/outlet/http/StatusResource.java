package io.github.leaderelector.outlet.http;

import io.github.leaderelector.answer.StatusAnswer;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.Cache;

/** Answers {@code GET /status}, for people and for the page at {@code /}. */
@Path("/status")
@Singleton
@NonBlocking
@Produces(MediaType.APPLICATION_JSON)
public final class StatusResource {

    private final LeadershipHub hub;
    private final Settings settings;
    private final Ticker ticker;

    /** Answers from {@code hub} by the clocks of {@code ticker}, and shows {@code settings}. */
    public StatusResource(LeadershipHub hub, Settings settings, Ticker ticker) {
        this.hub = hub;
        this.settings = settings;
        this.ticker = ticker;
    }

    /** The current leadership, the last changes, the last problem and the settings. */
    @GET
    @Cache(noStore = true)
    public StatusAnswer status(@Context HttpServerRequest request) {
        LeadershipReading reading = LeadershipReading.of(hub, ticker);
        return StatusAnswer.of(
                reading.leadership(),
                hub.transitions(0),
                settings.inForce(
                        reading.leadership().lease().namespace(),
                        request.localAddress().port()),
                reading.moment());
    }
}
