package io.github.leaderelector.outlet.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Answers requests that cannot be meant, each with its status and one sentence. */
@Singleton
public final class Refusals {

    /** What can only be read. */
    private static final List<String> READ_ONLY = List.of("/", "/leader", "/isLeader", "/sse", "/status", "/q/*");

    private static final String ALLOWED = "GET, HEAD, OPTIONS";

    // Not private: the container would need reflection.
    Refusals() {}

    void route(@Observes Router router) {
        for (String path : READ_ONLY) {
            router.route(path).order(-1).handler(Refusals::onlyReads);
        }
    }

    private static void onlyReads(RoutingContext request) {
        HttpMethod method = request.request().method();
        if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            request.next();
            return;
        }
        request.response().putHeader(HttpHeaders.ALLOW, ALLOWED);
        if (method.equals(HttpMethod.OPTIONS)) {
            request.response().setStatusCode(204).end();
        } else {
            request.response()
                    .setStatusCode(405)
                    .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_PLAIN)
                    .end("This can only be read; ask with GET.\n");
        }
    }

    /** No form of what is here is acceptable to the client. */
    @ServerExceptionMapper
    public Response notAcceptable(NotAcceptableException refusal) {
        return Response.status(Response.Status.NOT_ACCEPTABLE)
                .type(MediaType.TEXT_PLAIN_TYPE)
                .entity("Accept allows none of the forms that this comes in; ask for application/json.\n")
                .build();
    }
}
