package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietElection.class)
class RehearsalTest {

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), machine);
    private final LeaseTracker tracker =
            new LeaseTracker("pod-a", Duration.ofSeconds(15), hub::observe, machine, () -> {});
    private final LeaseSession session = LeaseSessionTest.session(api, tracker, hub, machine, () -> true);
    private final Rehearsal rehearsal = new Rehearsal(session, machine.thread(), new Random(1));

    @BeforeEach
    void followAnother() {
        api.server.put(LeaseDocument.initial(SimulatedCandidate.LEASE)
                .heldBy("other", Duration.ofSeconds(15), machine.wallTime(), machine.wallTime(), 0));
        session.refresh().join();
        api.calls.clear();
    }

    private void run(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), () -> {});
    }

    @Test
    void aCandidateRehearsesALittleSoonAfterItsStart() {
        rehearsal.begin();

        run(Duration.ofMillis(499));
        assertThat(api.calls).isEmpty();
        run(Duration.ofSeconds(60));
        assertThat(api.calls).hasSize(10).containsOnly("rehearse");
    }

    @Test
    void theSuccessorGoesOnUntilItHasRehearsedThoroughly() {
        rehearsal.begin();
        run(Duration.ofSeconds(60));

        rehearsal.thorough();
        run(Duration.ofSeconds(2));
        assertThat(api.calls).hasSize(100);

        rehearsal.thorough();
        run(Duration.ofSeconds(60));
        assertThat(api.calls).hasSize(100);
    }

    @Test
    void anApiServerThatRefusesIsLeftInPeaceForLongerAndLonger() {
        api.failure = new ApiException(503, "busy", null);
        rehearsal.begin();

        run(Duration.ofMillis(3_500));
        assertThat(api.calls.size()).isBetween(2, 4);
        int before = api.calls.size();
        run(Duration.ofSeconds(60));
        assertThat(api.calls.size() - before).isBetween(3, 6);

        int refused = api.calls.size();
        api.failure = null;
        run(Duration.ofSeconds(31));
        assertThat(api.calls).hasSize(refused + 10);
    }

    @Test
    void anApiServerThatTakesNoRehearsalsIsLeftInPeaceForGood() {
        api.failure = new ApiException(400, "a webhook knows no dry run", null);
        rehearsal.begin();
        run(Duration.ofMinutes(30));
        assertThat(api.calls).hasSize(10);

        rehearsal.thorough();
        run(Duration.ofMinutes(30));
        assertThat(api.calls).hasSize(10);
    }

    @Test
    void whatCannotBeRehearsedYetIsRehearsedLater() {
        hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.STEP_DOWN, "test")));
        rehearsal.begin();
        run(Duration.ofSeconds(60));
        assertThat(api.calls).isEmpty();

        hub.observe(new Observation.CampaignAllowed());
        run(Duration.ofSeconds(31));
        assertThat(api.calls).hasSize(10);
    }

    @Test
    void anApiServerThatAsksToWaitIsNotAskedBefore() {
        api.failure = new ApiException(429, "busy", Duration.ofSeconds(20));
        rehearsal.begin();
        run(Duration.ofMillis(500));
        assertThat(api.calls).hasSize(1);

        run(Duration.ofSeconds(20));
        assertThat(api.calls).hasSize(1);
        run(Duration.ofSeconds(1));
        assertThat(api.calls).hasSize(2);
    }

    @Test
    void aRenewalInBetweenIsNoRefusal() {
        api.failure = new ApiException(409, "changed", null);
        rehearsal.begin();

        run(Duration.ofSeconds(1));
        assertThat(api.calls).hasSize(10);
    }
}
