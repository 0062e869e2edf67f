package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A {@link LeaseApi} that answers at once from a {@link SimulatedApiServer}, or fails as it is told. */
final class FakeLeaseApi implements LeaseApi {

    final SimulatedApiServer server = new SimulatedApiServer();
    final List<String> calls = new ArrayList<>();
    final List<WatchListener> listeners = new ArrayList<>();
    int closedWatches;

    /** Whether reads are answered; those that are not end by {@link #failGets}. */
    boolean answersGets = true;

    private final List<CompletableFuture<Optional<LeaseDocument>>> unanswered = new ArrayList<>();

    @Nullable
    ApiException failure;

    @Nullable
    ApiException watchFailure;

    private @Nullable ApiException failureOfNext;

    /** Lets the next request fail. */
    void failOnce(ApiException cause) {
        failureOfNext = cause;
    }

    private <T> CompletableFuture<T> answer(String verb, java.util.function.Supplier<T> operation) {
        calls.add(verb);
        ApiException refusal = failureOfNext == null ? failure : failureOfNext;
        failureOfNext = null;
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        try {
            return CompletableFuture.completedFuture(operation.get());
        } catch (ApiException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        if (!answersGets) {
            calls.add("get");
            unanswered.add(new CompletableFuture<>());
            return unanswered.get(unanswered.size() - 1);
        }
        return answer("get", server::get);
    }

    /** Fails the reads that were not answered. */
    void failGets(ApiException failure) {
        unanswered.forEach(read -> read.completeExceptionally(failure));
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return answer("create", () -> server.create(lease));
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        return answer("update", () -> server.replace(lease));
    }

    @Override
    public void close() {}

    /** Opens a watch that tells nothing by itself; its listener is in {@link #listeners}. */
    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        calls.add("watch");
        ApiException refusal = watchFailure;
        if (refusal != null) {
            return CompletableFuture.failedFuture(refusal);
        }
        listeners.add(listener);
        return CompletableFuture.completedFuture(() -> closedWatches++);
    }
}
