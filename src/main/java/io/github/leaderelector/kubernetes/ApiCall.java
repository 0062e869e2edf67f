package io.github.leaderelector.kubernetes;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A request with one answer. If a kept connection breaks, or brings no answer for a while, the request is sent once
 * more on a new connection.
 */
final class ApiCall extends Call<ApiResponse> {

    /** The longest answer that is read: enough for a long list of pods. */
    private static final int LARGEST_ANSWER = 4 << 20;

    private boolean sentAgain;

    ApiCall(ApiClient client, ApiRequest request, CompletableFuture<ApiResponse> result) {
        super(client, request, result);
    }

    @Override
    void exchange(ApiAccess access, ApiClient.Connections connections, HttpClientRequest open) {
        long sentNanos = client.ticker().nanoTime();
        boolean old = connections.used && !sentAgain;
        long silenceLimit = client.silenceLimitNanos() / 1_000_000;
        long timer = old && silenceLimit < remainingMillis()
                ? client.vertx().setTimer(Math.max(1, silenceLimit), fired -> silent(access, connections, open))
                : -1;
        // A request that is not answered in time must not keep the connection occupied.
        AtomicBoolean over = new AtomicBoolean();
        var unused = result.whenComplete((answer, thrown) -> {
            if (over.compareAndSet(false, true)) {
                client.vertx().cancelTimer(timer);
                open.reset();
            }
        });
        (request.body() == null ? open.send() : open.send(Buffer.buffer(request.body())))
                .onSuccess(response -> read(
                        response,
                        open,
                        answer -> {
                            over.set(true);
                            client.vertx().cancelTimer(timer);
                            client.answered(connections, client.ticker().nanoTime() - sentNanos);
                            // In a later step, because the connection becomes free for the next request only at the
                            // end of this one.
                            client.vertx().runOnContext(free -> answered(access, answer));
                        },
                        thrown -> broken(access, old, timer, thrown)))
                .onFailure(thrown -> broken(access, old, timer, thrown));
    }

    private void answered(ApiAccess access, ApiResponse answer) {
        if (answer.successful()) {
            result.complete(answer);
        } else {
            guarded(access, () -> refused(access, answer));
        }
    }

    private void silent(ApiAccess access, ApiClient.Connections connections, HttpClientRequest open) {
        if (result.isDone() || sentAgain) {
            return;
        }
        sentAgain = true;
        client.renew(connections, access);
        open.reset();
        guarded(access, () -> begin(access));
    }

    private void broken(ApiAccess access, boolean old, long timer, Throwable thrown) {
        client.vertx().cancelTimer(timer);
        if (result.isDone() || (sentAgain && old)) {
            // Cancelled by us.
            return;
        }
        if (old) {
            // The server may have closed a kept connection meanwhile.
            sentAgain = true;
            guarded(access, () -> begin(access));
        } else {
            fail(access, thrown);
        }
    }

    private static void read(
            HttpClientResponse response,
            HttpClientRequest open,
            Consumer<ApiResponse> done,
            Consumer<Throwable> failed) {
        Buffer body = Buffer.buffer();
        response.exceptionHandler(failed::accept);
        response.handler(piece -> {
            if (body.length() + piece.length() > LARGEST_ANSWER) {
                failed.accept(new IOException("an answer of more than " + (LARGEST_ANSWER >> 20) + " MiB"));
                open.reset();
            } else {
                body.appendBuffer(piece);
            }
        });
        response.endHandler(end -> done.accept(answer(response, body)));
    }

    static ApiResponse answer(HttpClientResponse response, Buffer body) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Map.Entry<String, String> header : response.headers()) {
            headers.put(header.getKey().toLowerCase(Locale.ROOT), header.getValue());
        }
        return new ApiResponse(response.statusCode(), Map.copyOf(headers), body.toString());
    }
}
