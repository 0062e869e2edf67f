package io.github.leaderelector.outlet.http;

import io.github.leaderelector.answer.HolderAnswer;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jboss.resteasy.reactive.Cache;

/** Answers who leads. The status is 200 on leaders and followers: the answer is in the body. */
@Path("/")
@Singleton
@NonBlocking
@Produces(MediaType.APPLICATION_JSON)
public final class LeaderResource {

    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Answers from {@code hub} by the clocks of {@code ticker}. */
    public LeaderResource(LeadershipHub hub, Ticker ticker) {
        this.hub = hub;
        this.ticker = ticker;
    }

    /** Whether this replica leads, and the details. */
    @GET
    @Path("leader")
    @Cache(noStore = true)
    public LeaderAnswer leader() {
        LeadershipReading reading = LeadershipReading.of(hub, ticker);
        return LeaderAnswer.of(reading.leadership(), reading.moment());
    }

    /** Whether this replica leads. */
    @GET
    @Path("isLeader")
    @Cache(noStore = true)
    public IsLeaderAnswer isLeader() {
        return new IsLeaderAnswer(hub.leads());
    }

    /** The holder, in the format of older sidecars. */
    @GET
    @Cache(noStore = true)
    public HolderAnswer holder() {
        LeadershipReading reading = LeadershipReading.of(hub, ticker);
        return HolderAnswer.of(reading.leadership(), reading.moment());
    }
}
