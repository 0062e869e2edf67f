package io.github.leaderelector.examples;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;

/** The leader-elector in this pod. */
@RegisterRestClient(configKey = "leader-elector")
interface Sidecar {

    /**
     * What {@code GET /leader} answers, as far as it is of use here.
     *
     * @param leader whether this pod leads
     * @param validForMillis for how long it does, counted from the moment of asking
     * @param fencingToken grows with every tenure; null unless this pod leads
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Leadership(boolean leader, long validForMillis, Long fencingToken) {}

    @GET
    @Path("/leader")
    Leadership leader();
}
