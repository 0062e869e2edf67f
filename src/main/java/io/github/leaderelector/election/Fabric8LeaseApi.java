package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.http.WebSocketHandshakeException;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeaseRef;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The API server by Fabric8's client.
 *
 * <p>Reads and writes go straight to its {@link HttpClient}: they need neither the retries nor the merging of the typed
 * client, whose {@code replace()} overwrites what another has written meanwhile, but they do need the Retry-After
 * header.
 */
final class Fabric8LeaseApi implements LeaseApi {

    private static final String JSON = "application/json";

    /** The API server asks for seconds; a page that stands in for it may ask for hours, and be gone before. */
    private static final long LONGEST_RETRY_AFTER_SECONDS = 30;

    /** What a WebSocket is refused with by those that know none of it, as Fabric8's own watch has found. */
    private static final Set<Integer> NO_WEB_SOCKETS =
            Set.of(HttpURLConnection.HTTP_OK, HttpURLConnection.HTTP_UNAVAILABLE);

    private final KubernetesClient client;
    private final HttpClient http;
    private final LeaseRef ref;
    private final Duration requestTimeout;
    private final String collection;
    private final String watchUri;
    private final String origin;

    /** @param client without retries and reconnects of its own */
    Fabric8LeaseApi(KubernetesClient client, LeaseRef ref, Duration requestTimeout) {
        this.client = client;
        this.http = client.getHttpClient();
        this.ref = ref;
        this.requestTimeout = requestTimeout;
        String master = client.getMasterUrl().toString();
        this.collection = (master.endsWith("/") ? master : master + "/")
                + "apis/coordination.k8s.io/v1/namespaces/"
                + ref.namespace()
                + "/leases";
        // A watch on one object is one on the collection that shows nothing else; a Role with resourceNames allows it.
        this.watchUri = collection + "?watch=true&fieldSelector=metadata.name%3D" + ref.name();
        // Fabric8's own watch sends it with a WebSocket, too.
        this.origin = client.getMasterUrl().getProtocol() + "://"
                + client.getMasterUrl().getAuthority();
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        return send("get", request(collection + "/" + ref.name()))
                .thenApply(answer -> answer.code() == HttpURLConnection.HTTP_NOT_FOUND
                        ? Optional.empty()
                        : Optional.of(stored("get", answer)));
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return send("create", request(collection).method("POST", JSON, json(lease)))
                .thenApply(answer -> stored("create", answer));
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        return send("update", request(collection + "/" + ref.name()).method("PUT", JSON, json(lease)))
                .thenApply(answer -> stored("update", answer));
    }

    private HttpRequest.Builder request(String uri) {
        return http.newHttpRequestBuilder().uri(uri).timeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private String json(LeaseDocument lease) {
        return client.getKubernetesSerialization().asJson(lease.toLease());
    }

    private CompletableFuture<HttpResponse<byte[]>> send(String verb, HttpRequest.Builder request) {
        return begun(() -> http.sendAsync(request.build(), byte[].class))
                // The client's own time-out covers its retries, too, and so comes later.
                .orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(thrown -> CompletableFuture.failedFuture(unanswered(verb, thrown)));
    }

    /** {@code call}; one that cannot even begin, such as that of a closed client, has failed like any other. */
    private static <T> CompletableFuture<T> begun(Supplier<CompletableFuture<T>> call) {
        try {
            return call.get();
        } catch (RuntimeException failure) {
            return CompletableFuture.failedFuture(failure);
        }
    }

    private ApiException unanswered(String verb, Throwable thrown) {
        Throwable cause = rootOf(thrown);
        String why = cause instanceof TimeoutException
                ? "no answer within " + requestTimeout.toMillis() + " ms"
                : describe(cause);
        return new ApiException(
                ApiException.NO_ANSWER,
                "The API server " + client.getMasterUrl() + " cannot be reached (" + verb + "): " + why + ".",
                null);
    }

    private static Throwable rootOf(Throwable thrown) {
        Throwable cause = thrown;
        for (Throwable next = cause.getCause(); next != null && next != cause; next = cause.getCause()) {
            cause = next;
        }
        return cause;
    }

    private static String describe(Throwable cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private LeaseDocument stored(String verb, HttpResponse<byte[]> answer) {
        if (!answer.isSuccessful()) {
            throw refused(verb, answer.code(), messageOf(answer), retryAfter(answer));
        }
        Lease lease = client.getKubernetesSerialization()
                .unmarshal(new java.io.ByteArrayInputStream(answer.body()), Lease.class);
        return new LeaseDocument(lease);
    }

    private ApiException refused(String verb, int code, String message, @Nullable Duration retryAfter) {
        String text = switch (code) {
            case HttpURLConnection.HTTP_UNAUTHORIZED ->
                "The API server does not accept our credentials (" + verb + ").";
            case HttpURLConnection.HTTP_FORBIDDEN -> forbidden(verb, message);
            case HttpURLConnection.HTTP_NOT_FOUND ->
                verb.equals("create")
                        ? "Namespace '" + ref.namespace() + "' does not exist; create it or set NAMESPACE."
                        : "Lease " + ref + " does not exist.";
            default -> "The API server answered " + code + " (" + verb + " Lease " + ref + "): " + message;
        };
        return new ApiException(code, text, retryAfter);
    }

    private String forbidden(String verb, String message) {
        if (message.contains("is being terminated")) {
            return "Namespace '" + ref.namespace() + "' is being deleted: " + message;
        }
        return "Not allowed to "
                + verb
                + " leases.coordination.k8s.io '"
                + ref.name()
                + "' in namespace '"
                + ref.namespace()
                + "'; add to its Role: apiGroups [coordination.k8s.io], resources [leases], verbs ["
                + verb
                + "].";
    }

    private String messageOf(HttpResponse<byte[]> answer) {
        try {
            Status status = client.getKubernetesSerialization()
                    .unmarshal(new java.io.ByteArrayInputStream(answer.body()), Status.class);
            return status == null || status.getMessage() == null ? answer.message() : status.getMessage();
        } catch (RuntimeException notJson) {
            return answer.message() == null ? "" : answer.message();
        }
    }

    private static @Nullable Duration retryAfter(HttpResponse<?> answer) {
        String seconds = answer.header("Retry-After");
        if (seconds == null) {
            return null;
        }
        try {
            return Duration.ofSeconds(
                    Math.max(0, Math.min(Long.parseLong(seconds.trim()), LONGEST_RETRY_AFTER_SECONDS)));
        } catch (NumberFormatException date) {
            // Kubernetes sends seconds; a proxy that sends a date is asked again as usual.
            return null;
        }
    }

    @Override
    public void reportMissingPermissions() {
        Thread check = new Thread(new AccessCheck(client, ref), "access-check");
        check.setDaemon(true);
        check.start();
    }

    @Override
    public void close() {
        client.close();
    }

    /**
     * By WebSocket, as Fabric8's own watch; where something between here and the API server does not know those, by a
     * plain request whose answer goes on and on. Fabric8's own is not used: it calls a watch open before it is
     * answered, needs a thread to open it and another to tell, and takes each event to pieces twice.
     */
    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        LeaseStream stream = new LeaseStream(client.getKubernetesSerialization(), listener);
        return begun(() -> byWebSocket(stream))
                .exceptionallyCompose(thrown -> refusalOf(thrown)
                                .map(HttpResponse::code)
                                .filter(NO_WEB_SOCKETS::contains)
                                .isPresent()
                        ? begun(() -> byRequest(stream))
                        : CompletableFuture.failedFuture(thrown))
                .thenApply(opened -> (Watch) stream)
                .exceptionallyCompose(thrown -> CompletableFuture.failedFuture(unopened(thrown)));
    }

    private CompletableFuture<Void> byWebSocket(LeaseStream stream) {
        return inTime(http.newWebSocketBuilder()
                        .uri(URI.create(watchUri))
                        .header("Origin", origin)
                        .connectTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                        .buildAsync(new Messages(stream)))
                .thenAccept(opened -> {});
    }

    private CompletableFuture<Void> byRequest(LeaseStream stream) {
        HttpRequest request =
                http.newHttpRequestBuilder().uri(watchUri).forStreaming().build();
        return inTime(http.consumeBytes(request, (pieces, body) -> {
                    stream.text(pieces);
                    body.consume();
                }))
                .thenAccept(answer -> {
                    AsyncBody body = answer.body();
                    if (!answer.isSuccessful()) {
                        body.cancel();
                        throw refused("watch", answer.code(), String.valueOf(answer.message()), retryAfter(answer));
                    }
                    stream.onHangUp(body::cancel);
                    body.consume();
                    var unused = body.done().whenComplete((done, thrown) -> {
                        if (thrown == null) {
                            stream.ended();
                        } else {
                            stream.broken(describe(rootOf(thrown)));
                        }
                    });
                });
    }

    /** What is opened after that is closed again by the client. */
    private <T> CompletableFuture<T> inTime(CompletableFuture<T> opening) {
        return opening.orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private ApiException unopened(Throwable thrown) {
        if (rootOf(thrown) instanceof ApiException known) {
            return known;
        }
        return refusalOf(thrown)
                .map(answer -> refused("watch", answer.code(), "no WebSocket", retryAfter(answer)))
                .orElseGet(() -> unanswered("watch", thrown));
    }

    /** The answer by which a WebSocket was refused, if that is what happened. */
    private static Optional<HttpResponse<?>> refusalOf(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof WebSocketHandshakeException refusal) {
                return Optional.of(refusal.getResponse());
            }
        }
        return Optional.empty();
    }

    /** Passes on what comes by WebSocket. */
    private record Messages(LeaseStream stream) implements WebSocket.Listener {

        private static final int NORMAL_CLOSURE = 1000;

        @Override
        public void onOpen(WebSocket socket) {
            stream.onHangUp(() -> socket.sendClose(NORMAL_CLOSURE, null));
        }

        @Override
        public void onMessage(WebSocket socket, String text) {
            try {
                stream.event(text);
            } finally {
                socket.request();
            }
        }

        @Override
        public void onMessage(WebSocket socket, ByteBuffer bytes) {
            onMessage(socket, StandardCharsets.UTF_8.decode(bytes).toString());
        }

        @Override
        public void onClose(WebSocket socket, int code, String reason) {
            socket.sendClose(code, reason);
            stream.ended();
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            stream.broken(describe(rootOf(error)));
        }
    }
}
