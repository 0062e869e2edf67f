package io.github.leaderelector.outlet.metrics;

import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Answers {@code GET /q/metrics} for clients that accept OpenMetrics but no plain text. Quarkus answers all other
 * clients, but refuses these with 406 unless they name the same version and charset as Quarkus.
 */
// Micrometer has deprecated this registry in favour of one for Prometheus' newer client, which Quarkus does not offer
// yet.
@SuppressWarnings("deprecation")
@Singleton
final class OpenMetricsRoute {

    /** The version of the format that Micrometer writes. */
    private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    private static final int BEFORE_QUARKUS = -1;

    private final PrometheusMeterRegistry registry;

    OpenMetricsRoute(PrometheusMeterRegistry registry) {
        this.registry = registry;
    }

    void route(@Observes Router router) {
        router.route("/q/metrics")
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .order(BEFORE_QUARKUS)
                .handler(this::answer);
    }

    private void answer(RoutingContext context) {
        List<MIMEHeader> accepted = context.parsedHeaders().accept();
        if (accepted.stream().noneMatch(form -> includes(form, "application", "openmetrics-text"))
                || accepted.stream().anyMatch(form -> includes(form, "text", "plain"))) {
            context.next();
            return;
        }
        // Not on the event loop, because a scrape takes some milliseconds.
        context.vertx()
                .executeBlocking(() -> registry.scrape(OPEN_METRICS), false)
                .onSuccess(metrics -> context.response()
                        .putHeader(HttpHeaders.CONTENT_TYPE, OPEN_METRICS)
                        .end(metrics))
                .onFailure(context::fail);
    }

    private static boolean includes(MIMEHeader form, String type, String subtype) {
        return form.weight() > 0
                && (form.component().equals("*") || form.component().equalsIgnoreCase(type))
                && (form.subComponent().equals("*") || form.subComponent().equalsIgnoreCase(subtype));
    }
}
