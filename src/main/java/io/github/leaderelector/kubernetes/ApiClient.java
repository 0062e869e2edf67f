package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A client of the API server with connections of its own.
 *
 * <p>No method blocks. Every future completes within the time limit, on failure with an {@link ApiException}. It
 * completes on an event loop, so dependent stages must not block either. Within the limit a request is sent again: to
 * the next address if one takes no connection; with new credentials if the server rejects the old ones; on a new
 * connection if a kept one breaks or stays silent. So requests must be idempotent. A failed write may have gone
 * through, unless {@link ApiException#refused} says otherwise. Safe for use by many threads.
 */
public final class ApiClient implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(ApiClient.class);

    /** On a kept connection, the client waits for an answer for this part of the limit only. */
    private static final int PARTS = 4;

    /** Unless answers have been slow before. */
    private static final int SLOWER = 4;

    private final AccessStore store;
    private final Vertx vertx;
    private final Duration limit;
    private final Ticker ticker;
    private final Addresses.Lookup names;

    private @Nullable Connections connections;
    private boolean closed;
    private volatile long lastAnswerNanos;

    /** The connections that requests and watches share. */
    static final class Connections {
        final Route route;
        final HttpClient http;
        /** Whether an answer has come over one of them. */
        volatile boolean used;

        Connections(Route route, HttpClient http) {
            this.route = route;
            this.http = http;
        }
    }

    /**
     * Opens nothing yet.
     *
     * @param limit how long a request may take, with all its attempts
     */
    public ApiClient(AccessStore store, Vertx vertx, Duration limit, Ticker ticker) {
        this(store, vertx, limit, ticker, InetAddress::getAllByName);
    }

    ApiClient(AccessStore store, Vertx vertx, Duration limit, Ticker ticker, Addresses.Lookup names) {
        this.names = names;
        this.store = store;
        this.vertx = vertx;
        this.limit = limit;
        this.ticker = ticker;
    }

    /** How long a request may take. */
    Duration limit() {
        return limit;
    }

    /** The answer to {@code request}, a success. */
    public CompletableFuture<ApiResponse> send(ApiRequest request) {
        return inTime(request.what(), (access, result) -> new ApiCall(this, request, result).begin(access));
    }

    /** The answer to {@code review}, a SelfSubjectAccessReview. */
    public CompletableFuture<JsonNode> ask(JsonNode review) {
        return send(ApiRequest.post("ask for permissions", AccessReview.PATH, review.toString()))
                .thenApply(ApiResponse::json);
    }

    /**
     * The answer to {@code request}, converted by {@code reader}; a failure if the reader returns null or throws.
     *
     * @param expected what the answer should be, for people
     * @param reader returns null or throws if the answer is something else
     */
    public <T> CompletableFuture<T> send(
            ApiRequest request, String expected, Function<ApiResponse, @Nullable T> reader) {
        return send(request).thenApply(answer -> {
            @Nullable T read = null;
            try {
                read = reader.apply(answer);
            } catch (RuntimeException unreadable) {
                LOG.debugf("The answer cannot be read: %s", ForeignText.of(unreadable));
            }
            if (read == null) {
                throw Refusals.notWhatWasAsked(store.server(), request, answer, expected);
            }
            return read;
        });
    }

    /**
     * Opens a watch; the future completes when the API server has accepted it. A watch that ends is not opened again;
     * it ends at the latest with its connection, which a later request replaces if it gets no answer.
     */
    public CompletableFuture<ApiWatch> watch(ApiRequest request, ApiWatch.Listener listener) {
        return inTime(request.what(), (access, result) -> new WatchCall(this, request, listener, result).begin(access));
    }

    private <T> CompletableFuture<T> inTime(String what, BiConsumer<ApiAccess, CompletableFuture<T>> call) {
        CompletableFuture<ApiAccess> access = store.current();
        CompletableFuture<T> result = new CompletableFuture<>();
        var unused = access.whenComplete((known, thrown) -> {
            if (thrown != null) {
                result.completeExceptionally(thrown);
                return;
            }
            try {
                call.accept(known, result);
            } catch (RuntimeException failure) {
                result.completeExceptionally(Refusals.unanswered(known, what, Failures.describe(known, failure)));
            }
        });
        // By a timer of the JDK, which does not depend on an event loop.
        return result.orTimeout(limit.toNanos(), TimeUnit.NANOSECONDS)
                .exceptionallyCompose(thrown -> CompletableFuture.failedFuture(
                        thrown instanceof TimeoutException ? late(what, access) : ApiException.from(thrown)));
    }

    private ApiException late(String what, CompletableFuture<ApiAccess> access) {
        String why = "no answer within " + limit.toMillis() + " ms";
        return access.isDone() && !access.isCompletedExceptionally()
                ? Refusals.unanswered(access.join(), what, why)
                : new ApiException(
                        ApiException.NO_ANSWER,
                        "The access to the API server was not read within " + limit.toMillis() + " ms (" + what + ").",
                        null);
    }

    /** The connections for {@code access}. */
    synchronized Connections connections(ApiAccess access) {
        if (closed) {
            throw new IllegalStateException("this process is ending");
        }
        if (connections == null || !connections.route.leadsTo(access)) {
            replace(access);
        }
        return Objects.requireNonNull(connections);
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /** Replaces the connections {@code silent}, which gave no answer, by new ones. */
    synchronized void renew(Connections silent, ApiAccess access) {
        if (!closed && connections == silent) {
            replace(access);
        }
    }

    private void replace(ApiAccess access) {
        @Nullable Connections old = connections;
        Route route = new Route(access, names);
        connections = new Connections(route, route.open(vertx, limit));
        if (old != null) {
            // Requests that are under way on them may still be answered.
            vertx.setTimer(Math.max(1, limit.toMillis()), timer -> old.http.close());
        }
    }

    /** How long to wait, in nanoseconds, for an answer on a kept connection, which may be dead without a sign of it. */
    long silenceLimitNanos() {
        return Math.max(limit.toNanos() / PARTS, SLOWER * lastAnswerNanos);
    }

    void answered(Connections by, long nanos) {
        by.used = true;
        lastAnswerNanos = nanos;
    }

    AccessStore store() {
        return store;
    }

    Vertx vertx() {
        return vertx;
    }

    Ticker ticker() {
        return ticker;
    }

    /** Closes all connections; requests that are under way and later requests fail. */
    @Override
    public synchronized void close() {
        closed = true;
        if (connections != null) {
            connections.http.close();
        }
    }
}
