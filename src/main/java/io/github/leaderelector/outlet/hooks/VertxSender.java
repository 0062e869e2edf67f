package io.github.leaderelector.outlet.hooks;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Sends by Vert.x, which is there anyway; a connection for each POST. Safe for use by many threads. */
@Singleton
final class VertxSender implements Sender {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HttpClient client;
    private final Duration timeout;

    @Inject
    VertxSender(Vertx vertx) {
        this(vertx, TIMEOUT);
    }

    /** @param timeout how long a POST may take, from connecting to the status of the answer */
    VertxSender(Vertx vertx, Duration timeout) {
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(Math.toIntExact(timeout.toMillis()))
                .setKeepAlive(false));
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<Integer> post(URI url, String json) {
        CompletableFuture<Integer> status = new CompletableFuture<>();
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(url.toString())
                .setFollowRedirects(false)
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                .putHeader(HttpHeaders.USER_AGENT, "leader-elector");
        client.request(options)
                .onSuccess(request -> send(request, json, status))
                .onFailure(status::completeExceptionally);
        return status.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static void send(HttpClientRequest request, String json, CompletableFuture<Integer> status) {
        if (status.isDone()) {
            // Overtaken while it connected: what it would say is not so any more.
            var unused = request.exceptionHandler(closed -> {}).connection().close();
            return;
        }
        request.send(Buffer.buffer(json))
                // Vert.x logs the reset below as an error of the answer if nobody takes it.
                .onSuccess(response -> response.exceptionHandler(reset -> {}))
                .map(HttpClientResponse::statusCode)
                .onSuccess(status::complete)
                .onFailure(status::completeExceptionally);
        // The status is all that counts: a body, which may be endless, is not waited for.
        var unused = status.whenComplete((code, thrown) -> request.reset());
    }

    @PreDestroy
    void close() {
        var unused = client.close();
    }
}
