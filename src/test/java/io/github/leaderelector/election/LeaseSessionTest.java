package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What other threads do between two lines of the session. */
@ExtendWith(QuietElection.class)
class LeaseSessionTest {

    private static final Duration SOON = Duration.ofSeconds(10);

    /** Does something, once, when it is asked for the time of day: in the midst of a decision. */
    private static final class Interrupting implements Ticker {
        private final ManualTicker ticker = new ManualTicker();
        private Runnable inBetween = () -> {};

        @Override
        public long nanoTime() {
            return ticker.nanoTime();
        }

        @Override
        public Instant wallTime() {
            Runnable now = inBetween;
            inBetween = () -> {};
            now.run();
            return ticker.wallTime();
        }
    }

    private final Interrupting ticker = new Interrupting();
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), ticker);
    private final LeaseTracker tracker =
            new LeaseTracker("pod-a", Duration.ofSeconds(15), hub::observe, ticker, () -> {});
    private final LeaseSession session = session(api, tracker, hub, ticker, () -> true);

    /** The session of pod-a, in no workload. */
    static LeaseSession session(
            LeaseApi api, LeaseTracker tracker, LeadershipHub hub, Ticker ticker, BooleanSupplier watchHealthy) {
        return new LeaseSession(
                api,
                SimulatedCandidate.LEASE,
                "pod-a",
                new WorkloadMark(SimulatedCandidate.LEASE, "pod-a", Optional.empty()),
                ElectionStage.TIMINGS,
                tracker,
                hub,
                ticker,
                watchHealthy,
                new ProblemLog(ticker));
    }

    private LeaseDocument heldByOther() {
        Instant now = ticker.ticker.wallTime();
        return LeaseDocument.initial(SimulatedCandidate.LEASE).heldBy("other", Duration.ofSeconds(15), now, now, 0);
    }

    @Test
    void aLeaseThatAnotherTakesWhileWeDecideIsNotTakenFromIt() {
        api.server.put(heldByOther().releasedAt(ticker.ticker.wallTime()));
        session.refresh().join();
        assertThat(tracker.standing()).isInstanceOf(Standing.Free.class);
        ticker.inBetween = () -> {
            api.server.put(heldByOther());
            tracker.seen(api.server.get().orElseThrow());
        };

        CompletableFuture<Void> held = session.hold();

        assertThat(held).isCompletedExceptionally();
        assertThat(api.server.get().orElseThrow().holder()).isEqualTo("other");
        assertThat(hub.leads()).isFalse();
    }

    @Test
    void aReleaseWaitsForAWriteThatWasDecidedBefore() throws InterruptedException, ExecutionException {
        api.server.put(heldByOther().releasedAt(ticker.ticker.wallTime()));
        session.refresh().join();
        CountDownLatch deciding = new CountDownLatch(1);
        CountDownLatch resigned = new CountDownLatch(1);
        ticker.inBetween = () -> {
            deciding.countDown();
            await(resigned);
        };
        CompletableFuture<Void> held =
                CompletableFuture.runAsync(() -> session.hold().join());
        await(deciding);
        hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.SHUTDOWN, "test")));

        CompletableFuture<Boolean> released =
                CompletableFuture.supplyAsync(() -> session.release().join());
        resigned.countDown();

        assertThat(released).succeedsWithin(SOON).isEqualTo(true);
        held.exceptionally(refused -> null).get();
        assertThat(api.server.get().orElseThrow().holder()).isNull();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
