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
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Opens a watch by WebSocket, in which each message is an event. If that fails for any reason, as behind a proxy
 * without WebSockets, opens it by a plain request, whose answer is a stream of lines. The result of the plain request
 * is the result of the call.
 *
 * <p>Each watch has a connection of its own, which ends with it.
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
        // Shares the addresses that requests have looked up.
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
        // Half of the time only: if a proxy does not answer the upgrade, there is still time for the plain request.
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

    /** Whether no connection could be made, so that another address may help. */
    private static boolean isUnconnected(Throwable thrown) {
        return !(thrown instanceof UpgradeRejectedException)
                && (thrown instanceof ConnectException
                        || thrown instanceof NoRouteToHostException
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
        // The time limit may end before the connection exists.
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
            // The time limit ended while the watch was opened.
            stream.close();
        }
    }

    /** Passes the events of a watch to the listener, one after the other, and its end once. */
    private static final class Stream implements ApiWatch {

        private final Listener listener;
        private final Runnable hangUp;
        private final AtomicBoolean ended = new AtomicBoolean();

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

    /** Splits a text into lines. */
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
