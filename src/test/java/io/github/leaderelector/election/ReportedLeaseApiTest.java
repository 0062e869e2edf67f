package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.ApiFailed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReportedLeaseApiTest {

    private final ElectionParts parts = new ElectionParts();
    private final List<Observation> observed = new ArrayList<>();
    private final ReportedLeaseApi api =
            new ReportedLeaseApi(parts.api, parts.thread, new ProblemLog(parts.machine), observed::add);

    private List<String> logOf(Runnable what) {
        try (CollectedLog log = new CollectedLog(ProblemLog.class)) {
            what.run();
            parts.run(Duration.ZERO);
            return log.lines();
        }
    }

    private void read() {
        var unused = api.get();
    }

    private void watch() {
        var unused = api.watch(new Silent());
    }

    @Test
    void answersComeOnTheElectionsThread() {
        CompletableFuture<?> read = api.get();
        CompletableFuture<?> watched = api.watch(new Silent());

        assertThat(read).isNotDone();
        assertThat(watched).isNotDone();
        parts.run(Duration.ZERO);
        assertThat(read).isCompleted();
        assertThat(watched).isCompleted();
    }

    @Test
    void aFailureIsToldToTheHubAndLoggedOnceUntilItIsSolved() {
        parts.api.failure = new ApiException(ApiException.NO_ANSWER, "The API server cannot be reached.", null);

        assertThat(logOf(this::read)).containsExactly("WARN LE-201 The API server cannot be reached.");
        assertThat(logOf(this::read)).isEmpty();
        assertThat(observed).hasSize(2).containsOnly(new ApiFailed("The API server cannot be reached."));

        parts.api.failure = null;
        assertThat(logOf(this::read)).containsExactly("INFO LE-209 The API server answers without errors again.");
        assertThat(observed).hasSize(2);
    }

    @Test
    void aConflictIsNoProblem() {
        parts.api.failure = new ApiException(409, "changed", null);

        CompletableFuture<LeaseDocument> written = api.create(LeaseDocument.initial(SimulatedCandidate.LEASE));

        assertThat(logOf(() -> {})).isEmpty();
        assertThat(written).isCompletedExceptionally();
        assertThat(observed).isEmpty();
    }

    @Test
    void aFailureOfTheWatchIsLeftToTheWatch() {
        parts.api.watchFailure = new ApiException(403, "forbidden", null);

        assertThat(logOf(this::watch)).isEmpty();
        assertThat(observed).isEmpty();
    }

    private record Silent() implements LeaseApi.WatchListener {
        @Override
        public void changed(LeaseDocument lease) {}

        @Override
        public void deleted(LeaseDocument lease) {}

        @Override
        public void closed(ApiException cause) {}
    }
}
