package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiAnswer;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiRequest;
import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.Dependent;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * The API server, by connections of its own for each outlet that asks it: a slow one holds up no other. Opens nothing
 * before the first request. Safe for use by many threads.
 */
@Dependent
final class ApiServer implements Api {

    /** How long a request may take. */
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final ApiClient client;

    ApiServer(AccessStore access, Vertx vertx, Ticker ticker) {
        this.client = new ApiClient(access, vertx, TIMEOUT, ticker);
    }

    @Override
    public CompletableFuture<JsonNode> get(String path) {
        return client.send(ApiRequest.get("GET " + path, path)).thenApply(ApiAnswer::json);
    }

    @Override
    public CompletableFuture<JsonNode> send(String method, String path, String contentType, JsonNode body) {
        return client.send(new ApiRequest(method + " " + path, method, path, contentType, body.toString()))
                .thenApply(ApiAnswer::json);
    }

    @PreDestroy
    void close() {
        client.close();
    }
}
