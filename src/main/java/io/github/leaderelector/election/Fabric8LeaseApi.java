package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.github.leaderelector.leadership.LeaseRef;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

    private final KubernetesClient client;
    private final HttpClient http;
    private final LeaseRef ref;
    private final Duration requestTimeout;
    private final ExecutorService watchExecutor;
    private final String collection;

    /**
     * @param client without retries and reconnects of its own
     * @param watchExecutor where watches are opened, which blocks
     */
    Fabric8LeaseApi(KubernetesClient client, LeaseRef ref, Duration requestTimeout, ExecutorService watchExecutor) {
        this.client = client;
        this.http = client.getHttpClient();
        this.ref = ref;
        this.requestTimeout = requestTimeout;
        this.watchExecutor = watchExecutor;
        String master = client.getMasterUrl().toString();
        this.collection = (master.endsWith("/") ? master : master + "/")
                + "apis/coordination.k8s.io/v1/namespaces/"
                + ref.namespace()
                + "/leases";
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

    @Override
    public CompletableFuture<LeaseDocument> rehearse(LeaseDocument lease) {
        return send(
                        "update",
                        request(collection + "/" + ref.name() + "?dryRun=All").method("PUT", JSON, json(lease)))
                .thenApply(answer -> stored("update", answer));
    }

    private HttpRequest.Builder request(String uri) {
        return http.newHttpRequestBuilder().uri(uri).timeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    private String json(LeaseDocument lease) {
        return client.getKubernetesSerialization().asJson(lease.toLease());
    }

    private CompletableFuture<HttpResponse<byte[]>> send(String verb, HttpRequest.Builder request) {
        return http.sendAsync(request.build(), byte[].class)
                // The client's own time-out covers its retries, too, and so comes later.
                .orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(thrown -> CompletableFuture.failedFuture(unanswered(verb, thrown)));
    }

    private LeaseApiException unanswered(String verb, Throwable thrown) {
        Throwable cause = rootOf(thrown);
        String why = cause instanceof TimeoutException
                ? "no answer within " + requestTimeout.toMillis() + " ms"
                : describe(cause);
        return new LeaseApiException(
                LeaseApiException.NO_ANSWER,
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

    private LeaseApiException refused(String verb, int code, String message, @Nullable Duration retryAfter) {
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
        return new LeaseApiException(code, text, retryAfter);
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
            return Duration.ofSeconds(Math.max(0, Long.parseLong(seconds.trim())));
        } catch (NumberFormatException date) {
            // Kubernetes sends seconds; a proxy that sends a date is asked again as usual.
            return null;
        }
    }

    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        CompletableFuture<Watch> answer = new CompletableFuture<>();
        Future<?> attempt = watchExecutor.submit(() -> {
            Events events = new Events(listener);
            try {
                Watch opened = openWatch(events);
                if (answer.complete(opened)) {
                    events.opened();
                } else {
                    opened.close();
                }
            } catch (RuntimeException failure) {
                answer.completeExceptionally(failure);
            }
        });
        // Fabric8 waits for ever for an API server that accepts the connection and then says nothing.
        return answer.orTimeout(requestTimeout.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionallyCompose(thrown -> {
                    attempt.cancel(true);
                    return CompletableFuture.failedFuture(
                            thrown instanceof TimeoutException ? unanswered("watch", thrown) : thrown);
                });
    }

    private Watch openWatch(Events events) {
        try {
            io.fabric8.kubernetes.client.Watch opened = client.leases()
                    .inNamespace(ref.namespace())
                    .withName(ref.name())
                    .watch(events);
            return opened::close;
        } catch (KubernetesClientException failure) {
            throw new CompletionException(
                    failure.getCode() > 0
                            ? refused("watch", failure.getCode(), String.valueOf(failure.getMessage()), null)
                            : unanswered("watch", failure));
        }
    }

    /**
     * Passes on what Fabric8 tells. It also tells of the end of a watch that never opened, before it says why; that is
     * held back, since the attempt itself fails with the reason.
     */
    private static final class Events implements Watcher<Lease> {
        private final WatchListener listener;
        private boolean open;
        private @Nullable LeaseApiException end;

        Events(WatchListener listener) {
            this.listener = listener;
        }

        @Override
        public boolean reconnecting() {
            return false;
        }

        @Override
        public void eventReceived(Action action, Lease lease) {
            switch (action) {
                case ADDED, MODIFIED -> listener.changed(new LeaseDocument(lease));
                case DELETED -> listener.deleted(new LeaseDocument(lease));
                case ERROR, BOOKMARK -> {}
            }
        }

        @Override
        public void onClose(WatcherException cause) {
            ended("The watch broke: " + describe(rootOf(cause)) + ".");
        }

        @Override
        public void onClose() {
            ended("The watch was closed.");
        }

        void opened() {
            LeaseApiException already;
            synchronized (this) {
                open = true;
                already = end;
            }
            if (already != null) {
                listener.closed(already);
            }
        }

        private void ended(String why) {
            LeaseApiException cause = new LeaseApiException(LeaseApiException.NO_ANSWER, why, null);
            synchronized (this) {
                end = cause;
                if (!open) {
                    return;
                }
            }
            listener.closed(cause);
        }
    }
}
