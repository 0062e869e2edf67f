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
 * Sends requests by Vert.x, which is there anyway, and is interested in nothing but the status: a connection for each,
 * no redirects, no bodies.
 *
 * <p>A name is looked up beside the event loop, and its addresses are tried one after the other until one takes the
 * connection: {@code localhost} may be both {@code 127.0.0.1} and {@code ::1}, and the application listen on one of
 * them. Safe for use by many threads; no method waits.
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
     * @return completes with the status, or fails when there is no answer in time; cancelling it cuts the request off
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

        /** @param failed why the first of the addresses before could not be connected to */
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
                // Overtaken while it connected: what it would say is not so any more.
                var unused = request.exceptionHandler(closed -> {}).connection().close();
                return;
            }
            (json == null
                            ? request.send()
                            : request.putHeader(HttpHeaders.CONTENT_TYPE, "application/json")
                                    .send(Buffer.buffer(json)))
                    // Vert.x logs the reset below as an error of the answer if nobody takes it.
                    .onSuccess(response -> response.exceptionHandler(reset -> {}))
                    .map(HttpClientResponse::statusCode)
                    .onSuccess(status::complete)
                    .onFailure(status::completeExceptionally);
            // The status is all that counts: a body, which may be endless, is not waited for.
            var unused = status.whenComplete((code, thrown) -> request.reset());
        }
    }
}
