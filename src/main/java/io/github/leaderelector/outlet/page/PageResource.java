package io.github.leaderelector.outlet.page;

import io.smallrye.common.annotation.NonBlocking;
import jakarta.inject.Singleton;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import org.jboss.resteasy.reactive.RestResponse;

/** Answers browsers with the page. The file is read at the first request. */
@Path("/")
@Singleton
@NonBlocking
public final class PageResource {

    /** Called by the container. */
    public PageResource() {}

    /** The page; a client that accepts anything gets JSON instead, because the quality of this type is lower. */
    @GET
    @Produces("text/html;charset=UTF-8;qs=0.1")
    public RestResponse<byte[]> page() {
        return RestResponse.ResponseBuilder.ok(Page.THE_ONE.html())
                .header("Content-Type", "text/html;charset=UTF-8")
                .header("Content-Security-Policy", Page.THE_ONE.securityPolicy())
                .header("X-Content-Type-Options", "nosniff")
                .header("Referrer-Policy", "no-referrer")
                .header("Cache-Control", "no-store")
                .header("Vary", "Accept")
                .build();
    }
}
