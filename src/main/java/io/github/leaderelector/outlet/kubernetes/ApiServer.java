package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiRequest;
import io.github.leaderelector.kubernetes.ApiResponse;
import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.Dependent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client of the API server for one outlet, with connections of its own, so that a slow outlet does not delay another.
 * Opens no connection before the first request. Safe for use by many threads.
 */
@Dependent
final class ApiServer implements Api {

    /** How long a request may take. */
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final String OBJECT = "an object of Kubernetes";

    private final ApiClient client;

    ApiServer(AccessStore access, Vertx vertx, Ticker ticker) {
        this.client = new ApiClient(access, vertx, TIMEOUT, ticker);
    }

    @Override
    public CompletableFuture<JsonNode> get(String path) {
        return client.send(ApiRequest.get("GET " + path, path), OBJECT, ApiServer::object);
    }

    @Override
    public CompletableFuture<JsonNode> send(String method, String path, String contentType, JsonNode body) {
        return client.send(
                new ApiRequest(method + " " + path, method, path, contentType, body.toString()),
                OBJECT,
                ApiServer::object);
    }

    @Override
    public CompletableFuture<JsonNode> ask(JsonNode review) {
        return client.ask(review);
    }

    private static @Nullable JsonNode object(ApiResponse answer) {
        JsonNode json = answer.json();
        return json.hasNonNull("kind") ? json : null;
    }

    @PreDestroy
    void close() {
        client.close();
    }
}
