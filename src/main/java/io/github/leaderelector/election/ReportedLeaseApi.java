package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.ApiFailed;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Wraps another {@link LeaseApi}: answers arrive on the election's thread, and failures are logged. */
final class ReportedLeaseApi implements LeaseApi {

    private final LeaseApi api;
    private final ElectionThread thread;
    private final ProblemLog problems;
    private final Consumer<Observation> hub;

    ReportedLeaseApi(LeaseApi api, ElectionThread thread, ProblemLog problems, Consumer<Observation> hub) {
        this.api = api;
        this.thread = thread;
        this.problems = problems;
        this.hub = hub;
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        return reported("get", api.get());
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return reported("create", api.create(lease));
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        return reported("update", api.replace(lease));
    }

    /** {@link LeaseWatch} logs the failures of watches itself. */
    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        return thread.receive(api.watch(listener));
    }

    @Override
    public void reportMissingPermissions() {
        api.reportMissingPermissions();
    }

    @Override
    public void close() {
        api.close();
    }

    private <T> CompletableFuture<T> reported(String verb, CompletableFuture<T> answer) {
        return thread.receive(answer).whenComplete((value, thrown) -> {
            if (thrown == null) {
                problems.solved(verb);
                return;
            }
            ApiException failure = ApiException.from(thrown);
            if (!failure.conflict()) {
                problems.report(verb, failure);
                hub.accept(new ApiFailed(String.valueOf(failure.getMessage())));
            }
        });
    }
}
