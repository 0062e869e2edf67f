package io.github.leaderelector.outlet.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Serves {@code docs/openapi.yaml}. The file is read at the first request. */
@Singleton
final class OpenApiDocument {

    private static final String RESOURCE = "/openapi.yaml";

    void route(@Observes Router router) {
        router.route("/q/openapi").handler(OpenApiDocument::answer);
    }

    private static void answer(RoutingContext request) {
        request.response()
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/yaml;charset=UTF-8")
                .end(Buffer.buffer(read()));
    }

    private static byte[] read() {
        try (InputStream document = OpenApiDocument.class.getResourceAsStream(RESOURCE)) {
            if (document == null) {
                throw new IllegalStateException("There is no " + RESOURCE + " in the jar.");
            }
            return document.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
