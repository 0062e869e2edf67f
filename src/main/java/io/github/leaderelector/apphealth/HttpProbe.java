package io.github.leaderelector.apphealth;

import io.github.leaderelector.net.StatusClient;
import io.github.leaderelector.text.ForeignText;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Asks by HTTP, as the kubelet's probes do: each time over a new connection, without following redirects, without
 * checking certificates, and without interest in the body. Healthy is a status from 200 to 299.
 */
final class HttpProbe implements Probe {

    /** Less than the period at which it is asked. */
    static final Duration TIMEOUT = Duration.ofMillis(900);

    private final StatusClient client;
    private final URI url;

    HttpProbe(Vertx vertx, URI url) {
        this.client = new StatusClient(
                vertx, new HttpClientOptions().setTrustAll(true).setVerifyHost(false), TIMEOUT);
        this.url = url;
    }

    @Override
    public CompletionStage<Optional<String>> ask() {
        return client.get(url)
                .handle((status, thrown) -> thrown == null ? verdict(status) : Optional.of(ForeignText.of(thrown)));
    }

    private static Optional<String> verdict(int status) {
        return status >= 200 && status <= 299 ? Optional.empty() : Optional.of("it answered " + status);
    }
}
