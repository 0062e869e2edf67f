package io.github.leaderelector.net;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Sends HTTP requests and returns the status only: one connection for each request, no redirects, no bodies.
 *
 * <p>Names are looked up outside of the event loop, and their addresses are tried one after the other until one takes
 * the connection: {@code localhost} may be both {@code 127.0.0.1} and {@code ::1}, and the application may listen on
 * only one. Safe for use by many threads; no method blocks.
 */
public final class StatusClient implements AutoCloseable {

    private final Vertx vertx;
    private final HttpClient client;
    private final Duration timeout;
    private final Lookups lookups;

    /**
     * @param options about TLS; connections are not kept
     * @param timeout how long a request may take, from the lookup of the name to the status of the answer
     */
    public StatusClient(Vertx vertx, HttpClientOptions options, Duration timeout) {
        this(vertx, options, timeout, InetAddress::getAllByName);
    }

    StatusClient(Vertx vertx, HttpClientOptions options, Duration timeout, Lookups.Resolver resolver) {
        this.vertx = vertx;
        this.client = vertx.createHttpClient(options.setKeepAlive(false));
        this.timeout = timeout;
        this.lookups = new Lookups(resolver);
    }

    /**
     * Sends {@code GET url}.
     *
     * @return completes with the status, or fails if there is no answer in time; cancelling it ends the request
     */
    public CompletableFuture<Integer> get(URI url) {
        return new Request(url, HttpMethod.GET, null).send();
    }

    /** Sends {@code POST url} with {@code json} as its body; else as {@link #get}. */
    public CompletableFuture<Integer> post(URI url, String json) {
        return new Request(url, HttpMethod.POST, json).send();
    }

    @Override
    public void close() {
        var unused = client.close();
    }

    private final class Request {

        private final URI url;
        private final HttpMethod method;
        private final @Nullable String json;
        private final CompletableFuture<Integer> status = new CompletableFuture<>();

        Request(URI url, HttpMethod method, @Nullable String json) {
            this.url = url;
            this.method = method;
            this.json = json;
        }

        CompletableFuture<Integer> send() {
            CompletableFuture<List<InetAddress>> addresses = lookups.addresses(url.getHost());
            long timer = vertx.setTimer(
                    timeout.toMillis(),
                    late -> status.completeExceptionally(new TimeoutException((addresses.isDone()
                                    ? "no answer"
                                    : "no name server told the address of '" + url.getHost() + "'")
                            + " within " + timeout.toMillis() + " ms")));
            var unused = status.whenComplete((code, thrown) -> vertx.cancelTimer(timer));
            unused = addresses.handle((found, thrown) -> {
                if (thrown == null) {
                    connect(found.iterator(), timeout.dividedBy(found.size()), null);
                } else {
                    status.completeExceptionally(thrown);
                }
                return null;
            });
            return status;
        }

        /** @param failed the failure of the first address, if one failed */
        private void connect(Iterator<InetAddress> addresses, Duration limit, @Nullable Throwable failed) {
            if (status.isDone()) {
                return;
            }
            RequestOptions options = new RequestOptions()
                    .setMethod(method)
                    .setAbsoluteURI(url.toString())
                    .setFollowRedirects(false)
                    .setConnectTimeout(limit.toMillis())
                    .putHeader(HttpHeaders.USER_AGENT, "leader-elector");
            options.setServer(
                    SocketAddress.inetSocketAddress(new InetSocketAddress(addresses.next(), options.getPort())));
            client.request(options).onSuccess(this::send).onFailure(failure -> {
                Throwable first = failed == null ? failure : failed;
                if (addresses.hasNext()) {
                    connect(addresses, limit, first);
                } else {
                    status.completeExceptionally(first);
                }
            });
        }

        private void send(HttpClientRequest request) {
            if (status.isDone()) {
                // Cancelled while it connected: its content is out of date.
                var unused = request.exceptionHandler(closed -> {}).connection().close();
                return;
            }
            (json == null
                            ? request.send()
                            : request.putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                                    .send(Buffer.buffer(json)))
                    // Without a handler, Vert.x logs the reset below as an error.
                    .onSuccess(response -> response.exceptionHandler(reset -> {}))
                    .map(HttpClientResponse::statusCode)
                    .onSuccess(status::complete)
                    .onFailure(status::completeExceptionally);
            // Only the status counts; the body may be endless and is not read.
            var unused = status.whenComplete((code, thrown) -> request.reset());
        }
    }
}
