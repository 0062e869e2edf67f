package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whether it writes, and what. */
@ExtendWith(QuietElection.class)
class LeaseWriterTest {

    private static final ElectionSettings SETTINGS =
            new ElectionSettings(SimulatedCandidate.LEASE, "pod-a", "pod-a", ElectionStage.TIMINGS, Duration.ZERO);

    private final ManualTicker ticker = new ManualTicker();
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), ticker);
    private final LeaseView view = new LeaseView("pod-a", Duration.ofSeconds(15), hub::observe, ticker);
    private final LeaseReader reader = new LeaseReader(api, view);
    private final LeaseWriter writer =
            new LeaseWriter(api, reader, view, SETTINGS, new WorkloadMark(SETTINGS), hub, ticker);

    private LeaseDocument heldBy(String holder, int term) {
        Instant now = ticker.wallTime();
        return LeaseDocument.initial(SimulatedCandidate.LEASE).heldBy(holder, Duration.ofSeconds(15), now, now, term);
    }

    private LeaseDocument stored() {
        return api.server.present().orElseThrow();
    }

    private void resign() {
        hub.observe(new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "test")));
    }

    @Test
    void aLeaseThatAnotherTookSinceItWasSeenIsNotTakenFromIt() {
        api.server.put(heldBy("other", 0).releasedAt(ticker.wallTime()));
        reader.read().join();
        view.setCurrent(true);
        assertThat(view.standing()).isInstanceOf(Standing.Free.class);
        api.server.put(heldBy("third", 1));

        assertThat(writer.acquire()).isCompletedExceptionally();

        assertThat(stored().holder()).isEqualTo("third");
        assertThat(hub.leads()).isFalse();
    }

    @Test
    void aLeaseThatAnotherHoldsIsNotTaken() {
        api.server.put(heldBy("other", 0));
        reader.read().join();
        view.setCurrent(true);

        assertThat(writer.acquire()).isCompletedExceptionally();

        assertThat(stored().holder()).isEqualTo("other");
        assertThat(api.calls).doesNotContain("update");
    }

    @Test
    void aReplicaThatHasResignedTakesNothing() {
        api.server.put(heldBy("other", 0).releasedAt(ticker.wallTime()));
        reader.read().join();
        resign();

        assertThat(writer.acquire()).isCompletedExceptionally();

        assertThat(stored().holder()).isNull();
        assertThat(api.calls).doesNotContain("update");
    }

    @Test
    void whoDoesNotLeadRenewsNothing() {
        writer.acquire().join();
        resign();
        hub.observe(new CampaignAllowed());
        int before = api.calls.size();

        assertThat(writer.renew()).isCompletedExceptionally();

        assertThat(api.calls).hasSize(before);
    }

    @Test
    void aRenewalRightAfterAnotherIsSpared() {
        writer.acquire().join();
        int before = api.calls.size();

        assertThat(writer.renew()).isCompleted();
        assertThat(api.calls).hasSize(before);

        ticker.advance(ElectionStage.TIMINGS.retryPeriod());
        assertThat(writer.renew()).isCompleted();
        assertThat(api.calls).hasSize(before + 1).last().isEqualTo("update");
    }

    @Test
    void aReleaseIsKnownAtOnceWithoutAWatch() {
        writer.acquire().join();
        resign();

        assertThat(writer.release()).isCompletedWithValue(true);

        assertThat(stored().released()).isTrue();
        assertThat(view.standing()).isInstanceOf(Standing.Free.class);
        assertThat(hub.current().holder()).isNull();
    }

    /** E9: the API server refuses a number beyond the largest. */
    @Test
    void theTermStaysAtTheLargestNumberThatThereIs() {
        api.server.put(heldBy("other", Integer.MAX_VALUE).releasedAt(ticker.wallTime()));

        writer.acquire().join();

        assertThat(stored().holder()).isEqualTo("pod-a");
        assertThat(stored().term()).isEqualTo(Integer.MAX_VALUE);
    }
}
