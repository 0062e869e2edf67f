package io.github.leaderelector.outlet.http;

import io.github.leaderelector.config.Durations;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.smallrye.common.annotation.NonBlocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Response.Status;
import java.time.Duration;
import java.util.Optional;

/** The POST endpoints for programs of this pod. Each answer is one sentence. */
@Path("/")
@Singleton
@NonBlocking
@Produces(MediaType.TEXT_PLAIN)
public final class ControlResource {

    private static final Duration LONGEST_COOLDOWN = Duration.ofHours(1);

    private final Candidacy candidacy;
    private final LeadershipHub hub;

    /** Passes requests on to {@code candidacy}; {@code hub} has the reason if one is refused. */
    public ControlResource(Candidacy candidacy, LeadershipHub hub) {
        this.candidacy = candidacy;
        this.hub = hub;
    }

    /**
     * Steps down and does not campaign for a while. 202: the claim has ended before the answer is sent; 409: this
     * replica does not lead.
     */
    @POST
    @Path("leader/step-down")
    public Response stepDown(
            @Context HttpServerRequest request, @QueryParam("cooldown") @DefaultValue("30s") String cooldown) {
        Optional<String> refusal = CallerCheck.refusal(request);
        if (refusal.isPresent()) {
            return answer(Status.FORBIDDEN, refusal.get());
        }
        Optional<Duration> duration = Durations.parse(cooldown).filter(d -> d.compareTo(LONGEST_COOLDOWN) <= 0);
        if (duration.isEmpty()) {
            return answer(Status.BAD_REQUEST, "cooldown must be a duration from '0s' to '1h', such as '30s'.");
        }
        return candidacy.stepDown(duration.get())
                ? answer(
                        Status.ACCEPTED,
                        "This replica steps down, and does not campaign for " + Durations.format(duration.get()) + ".")
                : answer(
                        Status.CONFLICT,
                        "This replica does not lead: " + hub.current().reason().text());
    }

    /** Ends the drain, because the application has finished: 202; 409 if no drain is under way. */
    @POST
    @Path("leader/drained")
    public Response drained(@Context HttpServerRequest request) {
        Optional<String> refusal = CallerCheck.refusal(request);
        if (refusal.isPresent()) {
            return answer(Status.FORBIDDEN, refusal.get());
        }
        return candidacy.drained()
                ? answer(Status.ACCEPTED, "The Lease is released.")
                : answer(Status.CONFLICT, "There is no drain under way.");
    }

    private static Response answer(Status status, String sentence) {
        return Response.status(status).entity(sentence + "\n").build();
    }
}
