package io.github.leaderelector.outlet.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Set;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * Answers requests that cannot be meant, each with its status and one sentence, before anything else sees them.
 *
 * <p>It knows every path there is: an extension of Quarkus also answers paths that only look like its own, so that a
 * probe with a slip of the pen, such as {@code /q/health/group/leaders}, would always succeed.
 *
 * <p>What is not even HTTP is answered by {@link UnreadableRequests}.
 */
@Singleton
public final class Refusals {

    /** What can be read. */
    static final Set<String> READ_ONLY = Set.of(
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

    /** What can be asked for, by POST. */
    static final Set<String> ORDERS = Set.of("/leader/step-down", "/leader/drained");

    private static final String METRICS = "/q/metrics";

    /** Nothing here reads a body; what clients send all the same is small. */
    private static final int LONGEST_BODY = 64 * 1024;

    private static final int BEFORE_ALL_OTHERS = -1_000;

    // Not private: the container would need reflection.
    Refusals() {}

    void route(@Observes Router router) {
        router.route()
                .order(BEFORE_ALL_OTHERS)
                .handler(Refusals::onlyWhatIsThere)
                .failureHandler(context -> failed(context, context.statusCode()));
        // What no route could be matched with.
        router.errorHandler(400, context -> failed(context, 400)).errorHandler(404, context -> failed(context, 404));
    }

    private static void onlyWhatIsThere(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (request.version() == null) {
            refuse(context, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
        } else if (request.headers().getAll(HttpHeaders.HOST).size() > 1) {
            refuse(context, 400, "There must be one header Host, not several.");
        } else if (!encoded(request.uri())) {
            refuse(context, 400, "The path and the query must be percent-encoded.");
        } else if (request.headers().contains(HttpHeaders.TRANSFER_ENCODING)) {
            refuseAndHangUp(context, 411, "A body of unknown length is not read; none is needed here.");
        } else if (bodyLength(request) > LONGEST_BODY) {
            refuseAndHangUp(context, 413, "The body is longer than " + LONGEST_BODY + " bytes; none is needed here.");
        } else {
            onlyItsMethods(context, path(context));
        }
    }

    private static void onlyItsMethods(RoutingContext context, String path) {
        HttpMethod method = context.request().method();
        if (READ_ONLY.contains(path)) {
            if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
                otherMethod(context, "GET, HEAD, OPTIONS", "This can only be read; ask with GET.");
            } else if (path.equals(METRICS)
                    && !acceptsMetrics(context.parsedHeaders().accept())) {
                refuse(context, 406, "Accept allows none of the forms that this comes in; ask for text/plain.");
            } else {
                context.next();
            }
        } else if (!ORDERS.contains(path)) {
            refuse(context, 404, "There is nothing here; GET /leader, / and /q/health have something.");
        } else if (!method.equals(HttpMethod.POST)) {
            otherMethod(context, "POST, OPTIONS", "This changes something; ask with POST.");
        } else {
            context.next();
        }
    }

    private static void otherMethod(RoutingContext context, String allowed, String sentence) {
        context.response().putHeader(HttpHeaders.ALLOW, allowed);
        if (context.request().method().equals(HttpMethod.OPTIONS)) {
            context.response().setStatusCode(204).end();
        } else {
            refuse(context, 405, sentence);
        }
    }

    /** The path without the slash at its end, which makes no difference. */
    private static String path(RoutingContext context) {
        String path = context.normalizedPath();
        return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    private static boolean encoded(String uri) {
        try {
            URI unused = new URI(uri);
            return true;
        } catch (URISyntaxException malformed) {
            return false;
        }
    }

    private static long bodyLength(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null ? 0 : Long.parseLong(length);
    }

    private static boolean acceptsMetrics(List<MIMEHeader> accepted) {
        return accepted.isEmpty()
                || accepted.stream()
                        .anyMatch(form -> EventStreams.includes(form, "text", "plain")
                                || EventStreams.includes(form, "application", "openmetrics-text"));
    }

    /** What failed on its way through the router. */
    private static void failed(RoutingContext context, int status) {
        if (status == 400 && context.request().authority() == null) {
            refuse(context, 400, "The header Host is missing, or is not a host with or without a port.");
        } else if (status == 400) {
            refuse(context, 400, UnreadableRequests.NOT_HTTP);
        } else if (status == 404) {
            refuse(context, 404, "The path must begin with a slash; GET /leader, / and /q/health have something.");
        } else {
            context.next();
        }
    }

    /** What follows on the connection is the body, which nobody wants to read. */
    private static void refuseAndHangUp(RoutingContext context, int status, String sentence) {
        HttpConnection connection = context.request().connection();
        context.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE).endHandler(sent -> connection.close());
        refuse(context, status, sentence);
    }

    private static void refuse(RoutingContext context, int status, String sentence) {
        refuse(context.response(), status, sentence);
    }

    static void refuse(HttpServerResponse response, int status, String sentence) {
        response.setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, MediaType.TEXT_PLAIN)
                .end(sentence + "\n");
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
