package io.github.leaderelector.kubernetes;

import io.github.leaderelector.text.ForeignText;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.net.HttpURLConnection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Opens a watch: a request whose answer is a stream of lines, one for each event. */
final class WatchCall extends Call<ApiWatch> {

    private final ApiWatch.Listener listener;

    WatchCall(ApiClient client, ApiRequest request, ApiWatch.Listener listener, CompletableFuture<ApiWatch> result) {
        super(client, request, result);
        this.listener = listener;
    }

    @Override
    void exchange(ApiAccess access, ApiClient.Connections connections, HttpClientRequest open) {
        var unused = result.whenComplete((watch, thrown) -> {
            if (thrown != null) {
                open.reset();
            }
        });
        open.send()
                .onFailure(thrown -> fail(access, thrown))
                .onSuccess(response -> guarded(access, () -> answered(access, response, open)));
    }

    private void answered(ApiAccess access, HttpClientResponse response, HttpClientRequest open) {
        if (response.statusCode() != HttpURLConnection.HTTP_OK) {
            response.body()
                    .onSuccess(body -> refused(access, ApiCall.answer(response, body)))
                    .onFailure(thrown -> fail(access, thrown));
            return;
        }
        Stream stream = new Stream(listener, open::reset);
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
