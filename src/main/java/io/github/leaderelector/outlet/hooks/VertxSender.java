package io.github.leaderelector.outlet.hooks;

import io.github.leaderelector.net.StatusClient;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Sends POSTs with Vert.x, over one connection for each. Safe for use by many threads. */
@Singleton
final class VertxSender implements Sender {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final StatusClient client;

    @Inject
    VertxSender(Vertx vertx) {
        this(vertx, TIMEOUT);
    }

    /** @param timeout how long a POST may take, from the lookup of the name to the status of the answer */
    VertxSender(Vertx vertx, Duration timeout) {
        this.client = new StatusClient(vertx, new HttpClientOptions(), timeout);
    }

    @Override
    public CompletableFuture<Integer> post(URI url, String json) {
        return client.post(url, json);
    }

    @PreDestroy
    void close() {
        client.close();
    }
}
