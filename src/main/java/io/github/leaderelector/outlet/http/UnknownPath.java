package io.github.leaderelector.outlet.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Answers requests for paths that do not exist, in one line instead of Quarkus's page. */
@Singleton
final class UnknownPath {

    void route(@Observes Router router) {
        router.route()
                .last()
                .handler(request -> request.response()
                        .setStatusCode(404)
                        .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
                        .end("There is nothing here; GET /leader, / and /q/health have something.\n"));
    }
}
