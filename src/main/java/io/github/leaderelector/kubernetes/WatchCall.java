package io.github.leaderelector.kubernetes;

import io.github.leaderelector.text.ForeignText;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Opens a watch by WebSocket, in which each message is an event. Where something between here and the API server
 * refuses that, in whatever way, by a plain request whose answer goes on and on; what is answered to that one is the
 * truth.
 *
 * <p>It has connections of its own, which end with it.
 */
final class WatchCall extends Call<ApiWatch> {

    private final ApiWatch.Listener listener;
    private boolean plain;

    WatchCall(ApiClient client, ApiRequest request, ApiWatch.Listener listener, CompletableFuture<ApiWatch> result) {
        super(client, request, result);
        this.listener = listener;
    }

    @Override
    Route route(ApiAccess access) {
        // For the addresses; those that requests have found are good here, too.
        return client.connections(access).route;
    }

    @Override
    void connect(ApiAccess access, Route route, SocketAddress address, long millis, Consumer<Throwable> failed) {
        if (plain) {
            byRequest(access, route, address, millis, failed);
        } else {
            byWebSocket(access, route, address, millis, failed);
        }
    }

    private void byWebSocket(
            ApiAccess access, Route route, SocketAddress address, long millis, Consumer<Throwable> failed) {
        WebSocketClient sockets = route.webSockets(client.vertx());
        WebSocketConnectOptions options = route.direct(new WebSocketConnectOptions(), request.path(), address);
        options.setConnectTimeout(millis);
        // Who swallows the request for a WebSocket leaves time for the plain one.
        options.setTimeout(Math.max(1, millis / 2));
        access.headers().forEach((name, values) -> values.forEach(value -> options.addHeader(name, value)));
        sockets.connect(options)
                .onSuccess(socket -> {
                    Stream stream = new Stream(listener, sockets::close);
                    tell(socket, stream);
                    opened(stream);
                })
                .onFailure(thrown -> {
                    sockets.close();
                    if (client.isClosed()) {
                        fail(access, thrown);
                    } else if (isUnconnected(thrown)) {
                        failed.accept(thrown);
                    } else {
                        plain = true;
                        guarded(
                                access,
                                () -> byRequest(access, route, address, Math.max(1, remainingMillis()), failed));
                    }
                });
    }

    /** Whether not even a connection came about, so that another address may help. */
    private static boolean isUnconnected(Throwable thrown) {
        return !(thrown instanceof UpgradeRejectedException)
                && (thrown instanceof java.net.ConnectException
                        || thrown instanceof java.net.NoRouteToHostException
                        || Failures.ofTls(thrown));
    }

    private static void tell(WebSocket socket, Stream stream) {
        socket.textMessageHandler(stream::event);
        socket.binaryMessageHandler(message -> stream.event(message.toString()));
        socket.exceptionHandler(thrown -> stream.end("The watch broke: " + ForeignText.of(thrown) + "."));
        socket.closeHandler(closed -> stream.end("The watch was closed."));
    }

    private void byRequest(
            ApiAccess access, Route route, SocketAddress address, long millis, Consumer<Throwable> failed) {
        HttpClient http = route.requests(client.vertx());
        RequestOptions options = route.direct(new RequestOptions(), request.path(), address)
                .setMethod(HttpMethod.GET)
                .setConnectTimeout(millis);
        access.headers().forEach((name, values) -> values.forEach(value -> options.addHeader(name, value)));
        options.addHeader("Accept", "application/json");
        // Time may be up before there is anything to close it by.
        var unused = result.whenComplete((watch, thrown) -> {
            if (thrown != null) {
                http.close();
            }
        });
        http.request(options)
                .onFailure(failed::accept)
                .onSuccess(open -> open.exceptionHandler(thrown -> {})
                        .send()
                        .onFailure(thrown -> fail(access, thrown))
                        .onSuccess(response -> guarded(access, () -> answered(access, response, http))));
    }

    private void answered(ApiAccess access, HttpClientResponse response, HttpClient http) {
        if (response.statusCode() != 200) {
            response.body()
                    .onSuccess(body -> refused(access, ApiCall.answer(response, body)))
                    .onFailure(thrown -> fail(access, thrown));
            return;
        }
        Stream stream = new Stream(listener, http::close);
        Lines lines = new Lines(stream::event);
        response.handler(piece -> lines.add(piece, () -> stream.end("The watch broke: a line without an end.")));
        response.exceptionHandler(thrown -> stream.end("The watch broke: " + ForeignText.of(thrown) + "."));
        response.endHandler(end -> stream.end("The watch was closed."));
        opened(stream);
    }

    private void opened(Stream stream) {
        if (!result.complete(stream)) {
            // Time was up while it was opened.
            stream.close();
        }
    }

    /** What a watch tells, until its end; that is told once. Its events come one after the other. */
    private static final class Stream implements ApiWatch {

        private final Listener listener;
        private final Runnable hangUp;
        private final java.util.concurrent.atomic.AtomicBoolean ended = new java.util.concurrent.atomic.AtomicBoolean();

        Stream(Listener listener, Runnable hangUp) {
            this.listener = listener;
            this.hangUp = hangUp;
        }

        void event(String json) {
            if (!ended.get() && !json.isBlank()) {
                listener.event(json);
            }
        }

        void end(String why) {
            if (ended.compareAndSet(false, true)) {
                hangUp.run();
                listener.ended(why);
            }
        }

        @Override
        public void close() {
            ended.set(true);
            hangUp.run();
        }
    }

    /** Takes a text to pieces at its ends of lines. */
    static final class Lines {

        private static final int LONGEST = 4 << 20;

        private final Consumer<String> line;
        private Buffer begun = Buffer.buffer();

        Lines(Consumer<String> line) {
            this.line = line;
        }

        void add(Buffer piece, Runnable tooLong) {
            int from = 0;
            for (int i = 0; i < piece.length(); i++) {
                if (piece.getByte(i) == '\n') {
                    String text = begun.appendBuffer(piece, from, i - from).toString();
                    begun = Buffer.buffer();
                    from = i + 1;
                    line.accept(text);
                }
            }
            begun.appendBuffer(piece, from, piece.length() - from);
            if (begun.length() > LONGEST) {
                tooLong.run();
            }
        }
    }
}
