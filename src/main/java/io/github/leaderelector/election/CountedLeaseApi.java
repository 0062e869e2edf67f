package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;

/**
 * Wraps another {@link LeaseApi} and counts its requests.
 *
 * <p>If the listener throws, the requests are not affected.
 */
final class CountedLeaseApi implements LeaseApi {

    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int NOT_FOUND = 404;

    private final LeaseApi api;
    private final BooleanSupplier leads;
    private final Ticker ticker;
    private final ElectionListener listener;
    private final AtomicBoolean watched = new AtomicBoolean();

    /** @param leads whether this process leads: its writes then count as renewals */
    CountedLeaseApi(LeaseApi api, BooleanSupplier leads, Ticker ticker, ElectionListener listener) {
        this.api = api;
        this.leads = leads;
        this.ticker = ticker;
        this.listener = listener;
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        return counted("get", api.get(), lease -> lease.isPresent() ? OK : NOT_FOUND);
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return counted("create", api.create(lease), stored -> CREATED);
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        if (!leads.getAsBoolean()) {
            return counted("update", api.replace(lease), stored -> OK);
        }
        long sent = ticker.nanoTime();
        return counted("update", api.replace(lease), stored -> OK)
                .whenComplete((stored, thrown) ->
                        tell(() -> listener.renewed(Duration.ofNanos(ticker.nanoTime() - sent), thrown == null)));
    }

    @Override
    public CompletableFuture<Watch> watch(WatchListener watchListener) {
        if (watched.getAndSet(true)) {
            tell(listener::watchReopened);
        }
        return counted("watch", api.watch(watchListener), opened -> OK);
    }

    @Override
    public void reportMissingPermissions() {
        api.reportMissingPermissions();
    }

    @Override
    public void close() {
        api.close();
    }

    private <T> CompletableFuture<T> counted(String verb, CompletableFuture<T> answer, ToIntFunction<T> status) {
        return answer.whenComplete((value, thrown) -> tell(() -> listener.answered(
                verb,
                thrown == null
                        ? status.applyAsInt(value)
                        : ApiException.from(thrown).status())));
    }

    private static void tell(Runnable message) {
        try {
            message.run();
        } catch (RuntimeException notOurs) {
            // A failure of the metrics must not harm the election.
        }
    }
}
