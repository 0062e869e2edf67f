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
 * Asks by HTTP, as the kubelet's probes do: over a new connection each time; it does not follow redirects, check
 * certificates or read the body. A status from 200 to 299 means healthy.
 */
final class HttpProbe implements Probe {

    /** Less than the period of the questions. */
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
