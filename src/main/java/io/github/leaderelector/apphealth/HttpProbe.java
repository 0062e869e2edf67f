package io.github.leaderelector.apphealth;

import io.github.leaderelector.text.ForeignText;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks by HTTP, as the kubelet's probes do: each time over a new connection, without following redirects, without
 * checking certificates, and without interest in the body. Healthy is a status from 200 to 299.
 */
final class HttpProbe implements Probe {

    /** Less than the period at which it is asked. */
    static final Duration TIMEOUT = Duration.ofMillis(900);

    private final Vertx vertx;
    private final HttpClient client;
    private final RequestOptions request;

    HttpProbe(Vertx vertx, URI url) {
        this.vertx = vertx;
        this.client = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(Math.toIntExact(TIMEOUT.toMillis()))
                .setKeepAlive(false)
                .setTrustAll(true)
                .setVerifyHost(false));
        this.request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(url.toString())
                .setFollowRedirects(false)
                .putHeader("User-Agent", "leader-elector");
    }

    @Override
    public CompletionStage<Optional<String>> ask() {
        CompletableFuture<Optional<String>> answer = new CompletableFuture<>();
        long timer = vertx.setTimer(
                TIMEOUT.toMillis(),
                id -> answer.complete(Optional.of("no answer within " + TIMEOUT.toMillis() + " ms")));
        var unused = client.request(request)
                .compose(open -> send(open, answer))
                .onSuccess(response -> answer.complete(verdict(response.statusCode())))
                .onFailure(failure -> answer.complete(Optional.of(phrase(failure))));
        return answer.whenComplete((value, thrown) -> vertx.cancelTimer(timer));
    }

    private static Future<HttpClientResponse> send(HttpClientRequest open, CompletableFuture<?> answer) {
        if (answer.isDone()) {
            return open.exceptionHandler(closed -> {})
                    .connection()
                    .close()
                    .compose(closed -> Future.failedFuture("connected too late"));
        }
        // Nobody reads the body, which may have no end. Vert.x logs the reset as an error of the answer if nobody takes
        // it.
        var unused = answer.whenComplete((value, thrown) -> open.reset());
        return open.send().onSuccess(response -> response.exceptionHandler(reset -> {}));
    }

    private static Optional<String> verdict(int status) {
        return status >= 200 && status <= 299 ? Optional.empty() : Optional.of("it answered " + status);
    }

    private static String phrase(Throwable failure) {
        return ForeignText.of(failure);
    }
}
