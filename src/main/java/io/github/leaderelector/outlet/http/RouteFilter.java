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
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Refuses all paths and methods that do not exist. Without this, Quarkus also answers similar paths, so that a probe
 * with a misspelt path, such as {@code /q/health/group/leaders}, would always succeed; and it answers {@code OPTIONS},
 * which some load balancers use as a probe, with 204.
 *
 * <p>Vert.x refuses malformed and too long requests; see {@link Connections} for the other limits.
 */
@Singleton
public final class RouteFilter {

    /** The paths that accept GET and HEAD. */
    static final Set<String> GET_PATHS = Set.of(
            "/",
            "/leader",
            "/isLeader",
            "/sse",
            "/status",
            "/q/health",
            "/q/health/live",
            "/q/health/ready",
            "/q/health/started",
            "/q/health/group/leader",
            "/q/metrics",
            "/q/openapi");

    /** The paths that accept POST. */
    static final Set<String> POST_PATHS = Set.of("/leader/step-down", "/leader/drained");

    private static final int BEFORE_ALL_OTHERS = -1_000;

    // Not private: the container would need reflection.
    RouteFilter() {}

    void route(@Observes Router router) {
        router.route()
                .order(BEFORE_ALL_OTHERS)
                .handler(RouteFilter::onlyKnownRoutes)
                .failureHandler(RouteFilter::unreadable);
        router.errorHandler(400, RouteFilter::unreadable);
    }

    /**
     * Refuses requests that cannot be read, such as one without a Host, which Quarkus would log as a failure of its
     * own.
     */
    private static void unreadable(RoutingContext context) {
        if (context.statusCode() == 400) {
            refuse(context, 400, "This is no request as HTTP/1.1 has it.");
        } else {
            context.next();
        }
    }

    private static void onlyKnownRoutes(RoutingContext context) {
        if (context.request().version() == null) {
            refuse(context, 505, "Only HTTP/1.1 and HTTP/1.0 are served here.");
            return;
        }
        String path = path(context);
        HttpMethod method = context.request().method();
        if (GET_PATHS.contains(path)) {
            if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
                context.next();
            } else {
                otherMethod(context, "GET, HEAD", "This can only be read; ask with GET.");
            }
        } else if (!POST_PATHS.contains(path)) {
            refuse(context, 404, "There is nothing here; GET /leader, / and /q/health have something.");
        } else if (method.equals(HttpMethod.POST)) {
            context.next();
        } else {
            otherMethod(context, "POST", "This changes something; ask with POST.");
        }
    }

    private static void otherMethod(RoutingContext context, String allowed, String sentence) {
        context.response().putHeader(HttpHeaders.ALLOW, allowed);
        refuse(context, 405, sentence);
    }

    /** The path without a slash at its end. */
    private static String path(RoutingContext context) {
        String path = context.normalizedPath();
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static void refuse(RoutingContext context, int status, String sentence) {
        context.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_PLAIN)
                .end(sentence + "\n");
    }

    /** Answers a client that accepts none of the media types. */
    @ServerExceptionMapper
    public Response notAcceptable(NotAcceptableException refusal) {
        return Response.status(Response.Status.NOT_ACCEPTABLE)
                .type(MediaType.TEXT_PLAIN_TYPE)
                .entity("Accept allows none of the forms that this comes in; ask for application/json.\n")
                .build();
    }
}
