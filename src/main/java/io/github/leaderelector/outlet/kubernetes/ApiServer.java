package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.text.ForeignText;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The API server, in plain JSON requests. Opens nothing before the first one. Safe for use by many threads.
 *
 * <p>Not Fabric8's typed client, whose patches read the whole object before.
 */
@Singleton
final class ApiServer implements Api {

    /** How long a request may take. */
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    private final Config config;
    private final ObjectMapper json = new ObjectMapper();
    private @Nullable KubernetesClient client;
    private boolean closed;

    /** @param config where the API server is; its retries and time-outs are replaced */
    ApiServer(Config config) {
        this.config = config;
    }

    @Override
    public CompletableFuture<JsonNode> get(String path) {
        return answered("GET", path, null, null, true);
    }

    @Override
    public CompletableFuture<JsonNode> send(String method, String path, String contentType, JsonNode body) {
        return answered(method, path, contentType, body, true);
    }

    private CompletableFuture<JsonNode> answered(
            String method, String path, @Nullable String contentType, @Nullable JsonNode body, boolean again) {
        CompletableFuture<HttpResponse<byte[]>> answer;
        try {
            KubernetesClient open = open();
            HttpRequest.Builder request = open.getHttpClient()
                    .newHttpRequestBuilder()
                    .uri(base(open) + path)
                    .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (body != null) {
                request.method(method, contentType, body.toString());
            }
            answer = open.getHttpClient()
                    .sendAsync(request.build(), byte[].class)
                    .orTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(unanswered(failure));
        }
        return answer.thenApply(this::accepted).exceptionallyCompose(thrown -> {
            Throwable root = rootOf(thrown);
            if (root instanceof ApiException refusal) {
                return CompletableFuture.failedFuture(refusal);
            }
            // A kept connection may have been closed by the other side meanwhile.
            return again && !(root instanceof TimeoutException)
                    ? answered(method, path, contentType, body, false)
                    : CompletableFuture.failedFuture(unanswered(root));
        });
    }

    private JsonNode accepted(HttpResponse<byte[]> response) {
        JsonNode body;
        try {
            body = json.readTree(response.body());
        } catch (IOException noJson) {
            body = json.createObjectNode();
        }
        if (response.isSuccessful()) {
            return body;
        }
        String message = ForeignText.of(body.path("message").asText());
        throw new CompletionException(new ApiException(
                response.code(),
                "the API server answered " + response.code() + (message.isEmpty() ? "" : ": " + message),
                null));
    }

    private static ApiException unanswered(Throwable thrown) {
        Throwable root = rootOf(thrown);
        String why = root instanceof TimeoutException
                ? "no answer within " + TIMEOUT.toMillis() + " ms"
                : ForeignText.of(root);
        return new ApiException(ApiException.NO_ANSWER, "the API server cannot be reached: " + why, null);
    }

    private static Throwable rootOf(Throwable thrown) {
        Throwable root = thrown;
        for (Throwable next = root.getCause(); next != null && next != root; next = root.getCause()) {
            root = next;
        }
        return root;
    }

    private static String base(KubernetesClient client) {
        String master = client.getMasterUrl().toString();
        return master.endsWith("/") ? master.substring(0, master.length() - 1) : master;
    }

    private synchronized KubernetesClient open() {
        if (closed) {
            throw new IllegalStateException("this process is ending");
        }
        if (client == null) {
            int timeout = Math.toIntExact(TIMEOUT.toMillis());
            client = new KubernetesClientBuilder()
                    .withConfig(new ConfigBuilder(config)
                            .withConnectionTimeout(timeout)
                            .withRequestTimeout(timeout)
                            .withRequestRetryBackoffLimit(0)
                            .build())
                    .build();
        }
        return client;
    }

    @PreDestroy
    synchronized void close() {
        closed = true;
        if (client != null) {
            client.close();
        }
    }
}
