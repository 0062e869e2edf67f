package io.github.leaderelector.kubernetes;

import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * A request under way: tries one address after the other, and tries once more with new credentials if the server
 * rejects the old ones. It ends when its result is complete: with an answer, a failure, or at the time limit.
 *
 * <p>No step blocks.
 *
 * @param <T> the type of the result
 */
abstract class Call<T> {

    final ApiClient client;
    final ApiRequest request;
    final CompletableFuture<T> result;
    private final long beginNanos;
    private boolean accessRenewed;

    Call(ApiClient client, ApiRequest request, CompletableFuture<T> result) {
        this.client = client;
        this.request = request;
        this.result = result;
        this.beginNanos = client.ticker().nanoTime();
    }

    /** Begins, or begins again, with {@code access}. */
    final void begin(ApiAccess access) {
        if (result.isDone()) {
            return;
        }
        ApiClient.Connections connections = client.connections(access);
        var unused = result.whenComplete((answer, thrown) -> {
            if (thrown instanceof TimeoutException) {
                // Whatever was silent, later requests must not wait for it.
                client.renew(connections, access);
            }
        });
        var unusedLookup = connections.route.addresses().all().whenComplete((addresses, thrown) -> {
            if (thrown != null) {
                fail(access, thrown);
            } else {
                guarded(access, () -> attempt(access, connections, addresses, 0));
            }
        });
    }

    private void attempt(
            ApiAccess access, ApiClient.Connections connections, List<SocketAddress> addresses, int index) {
        if (result.isDone()) {
            return;
        }
        SocketAddress address = addresses.get(index);
        RequestOptions options = connections
                .route
                .target(request.path(), address)
                .setMethod(HttpMethod.valueOf(request.method()))
                // The remaining time is shared between the addresses, as in Go.
                .setConnectTimeout(Math.max(1, remainingMillis() / (addresses.size() - index)));
        access.headers().forEach((name, values) -> values.forEach(value -> options.addHeader(name, value)));
        options.addHeader("Accept", "application/json");
        if (request.contentType() != null) {
            options.addHeader("Content-Type", request.contentType());
        }
        connections
                .http
                .request(options)
                .onSuccess(open -> {
                    connections.route.addresses().prefer(address);
                    // The future of send tells it; without a handler Vert.x logs it besides.
                    open.exceptionHandler(thrown -> {});
                    if (result.isDone()) {
                        // The time limit ended while it was connected.
                        open.reset();
                    } else {
                        connections.route.address(open);
                        guarded(access, () -> exchange(access, connections, open));
                    }
                })
                .onFailure(thrown -> guarded(access, () -> {
                    if (index + 1 < addresses.size()) {
                        attempt(access, connections, addresses, index + 1);
                    } else {
                        connections.route.addresses().forget();
                        unconnected(access, thrown);
                    }
                }));
    }

    /** Sends the request {@code open}, for which there is a connection, and reads the answer. */
    abstract void exchange(ApiAccess access, ApiClient.Connections connections, HttpClientRequest open);

    private void unconnected(ApiAccess access, Throwable thrown) {
        if (Failures.ofTls(thrown)) {
            withNewAccess(access, () -> fail(access, thrown));
        } else {
            fail(access, thrown);
        }
    }

    /** Handles an answer that is not a success. */
    final void refused(ApiAccess access, ApiResponse answer) {
        Runnable fail = () -> result.completeExceptionally(Refusals.refused(access, request, answer));
        if (answer.status() == HttpURLConnection.HTTP_UNAUTHORIZED) {
            withNewAccess(access, fail);
        } else {
            fail.run();
        }
    }

    /** Begins again, once, if the access is no longer {@code old}. */
    private void withNewAccess(ApiAccess old, Runnable otherwise) {
        if (accessRenewed) {
            otherwise.run();
            return;
        }
        accessRenewed = true;
        var unused = client.store().insteadOf(old).whenComplete((access, thrown) -> {
            if (access == null || access.equals(old)) {
                otherwise.run();
            } else {
                guarded(access, () -> begin(access));
            }
        });
    }

    final void fail(ApiAccess access, Throwable thrown) {
        result.completeExceptionally(Refusals.unanswered(access, request.what(), Failures.describe(access, thrown)));
    }

    /** Runs {@code step}. If it throws, as with a closed client, the request fails. */
    final void guarded(ApiAccess access, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException failure) {
            fail(access, failure);
        }
    }

    final long remainingMillis() {
        long spent = client.ticker().nanoTime() - beginNanos;
        return (client.limit().toNanos() - spent) / 1_000_000;
    }
}
