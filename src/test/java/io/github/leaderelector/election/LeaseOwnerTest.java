package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietElection.class)
class LeaseOwnerTest {

    private static final OwnerReference DEPLOYMENT = reference("Deployment", "web", "uid-of-web");
    private static final OwnerReference RELEASE = reference("Release", "may", "uid-of-may");
    private static final String WARNING =
            "WARN LE-213 Lease " + SimulatedCandidate.LEASE + " gets no owner, though LEASE_OWNER is 'workload': ";

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final List<CompletableFuture<LeaseOwner.Answer>> asked = new ArrayList<>();
    private final LeaseOwner owner =
            new LeaseOwner(SimulatedCandidate.LEASE, Optional.of(this::answerLater), machine.thread(), new Random(1));
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), machine);
    private final LeaseTracker tracker =
            new LeaseTracker("pod-a", Duration.ofSeconds(15), hub::observe, machine, this::changed);
    private final LeaseSession session = new LeaseSession(
            api,
            SimulatedCandidate.LEASE,
            "pod-a",
            new WorkloadMark(SimulatedCandidate.LEASE, "pod-a", Optional.empty()),
            owner,
            ElectionStage.TIMINGS,
            tracker,
            hub,
            machine,
            () -> false,
            new ProblemLog(machine));
    private final CollectedLog log = new CollectedLog(LeaseOwner.class);

    /** Of an election that wants none. */
    static LeaseOwner none() {
        return new LeaseOwner(
                SimulatedCandidate.LEASE,
                Optional.empty(),
                new SimulatedMachine(new VirtualTime(), 1, Instant.EPOCH).thread(),
                new Random(1));
    }

    private static OwnerReference reference(String kind, String name, String uid) {
        return new OwnerReferenceBuilder()
                .withApiVersion("apps/v1")
                .withKind(kind)
                .withName(name)
                .withUid(uid)
                .build();
    }

    private CompletableFuture<LeaseOwner.Answer> answerLater() {
        CompletableFuture<LeaseOwner.Answer> answer = new CompletableFuture<>();
        asked.add(answer);
        return answer;
    }

    private void changed() {
        tracker.document().ifPresent(owner::seen);
    }

    private void pass(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), () -> {});
    }

    private void lead() {
        session.refresh().join();
        session.hold().join();
        assertThat(hub.leads()).isTrue();
    }

    private void renew() {
        pass(ElectionStage.TIMINGS.retryPeriod());
        session.hold().join();
    }

    private void found(OwnerReference reference) {
        pass(LeaseOwner.DELAY);
        asked.get(asked.size() - 1).complete(new LeaseOwner.Answer.Found(reference));
    }

    private void release() {
        hub.observe(new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "test")));
        assertThat(session.release().join()).isTrue();
    }

    private List<OwnerReference> owners() {
        return api.server.get().orElseThrow().toLease().getMetadata().getOwnerReferences();
    }

    private void deleteTheLease() {
        LeaseDocument last = api.server.get().orElseThrow();
        api.server.delete();
        tracker.deleted(new LeaseDocument(new LeaseBuilder(last.toLease())
                .editMetadata()
                .withResourceVersion(Long.toString(last.version() + 1))
                .endMetadata()
                .build()));
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void theRenewalAfterTheLookupCarriesTheOwnerAndNoWriteIsMadeForIt() {
        lead();
        pass(LeaseOwner.DELAY.minusMillis(1));
        assertThat(asked).isEmpty();

        found(DEPLOYMENT);
        assertThat(owners()).isEmpty();
        renew();
        renew();

        assertThat(owners()).containsExactly(DEPLOYMENT);
        assertThat(asked).hasSize(1);
        assertThat(api.calls).containsExactly("get", "create", "update", "update");
        assertThat(log.lines())
                .containsExactly("INFO LE-212 Lease " + SimulatedCandidate.LEASE + " gets the owner Deployment 'web'.");
    }

    @Test
    void whoTakesALeaseKeepsTheOwnersThatItHas() {
        api.server.put(LeaseDocument.initial(SimulatedCandidate.LEASE)
                .releasedAt(Instant.EPOCH)
                .ownedBy(RELEASE));
        session.refresh().join();
        found(DEPLOYMENT);

        lead();

        assertThat(owners()).containsExactly(RELEASE, DEPLOYMENT);
    }

    @Test
    void aLeaseInThePlaceOfADeletedOneHasNoOwnerUntilThatIsFoundAgain() {
        lead();
        found(DEPLOYMENT);
        renew();

        deleteTheLease();
        renew();
        assertThat(owners()).isEmpty();
        found(DEPLOYMENT);
        renew();

        assertThat(owners()).containsExactly(DEPLOYMENT);
        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void aReleasedLeaseHasAnOwnerThatIsGoneSoThatItGoesToo() {
        lead();
        found(DEPLOYMENT);
        deleteTheLease();
        renew();
        pass(LeaseOwner.DELAY);
        asked.get(1).complete(new LeaseOwner.Answer.Gone());
        renew();
        assertThat(owners()).isEmpty();

        release();

        assertThat(owners()).containsExactly(DEPLOYMENT);
        assertThat(log.lines()).hasSize(1);
    }

    @Test
    void aLookupThatFailsIsSaidOnceAndTriedAgain() {
        lead();
        pass(LeaseOwner.DELAY);
        asked.get(0).completeExceptionally(new LeaseApiException(403, "Not allowed.", null));
        pass(Duration.ofSeconds(2));
        asked.get(1).completeExceptionally(new LeaseApiException(403, "Not allowed.", null));
        pass(Duration.ofSeconds(4));

        asked.get(2).complete(new LeaseOwner.Answer.Found(DEPLOYMENT));
        renew();

        assertThat(owners()).containsExactly(DEPLOYMENT);
        assertThat(log.lines()).hasSize(2).first().isEqualTo(WARNING + "Not allowed.");
    }

    @Test
    void aPodThatNothingControlsIsSaidAndNotLookedUpAgain() {
        lead();
        pass(LeaseOwner.DELAY);
        asked.get(0).complete(new LeaseOwner.Answer.None("Nothing controls it."));
        pass(Duration.ofHours(1));

        assertThat(asked).hasSize(1);
        assertThat(log.lines()).containsExactly(WARNING + "Nothing controls it.");
    }

    @Test
    void anOwnerThatTheApiServerRefusesIsLeftOutFromThenOn() {
        lead();
        found(DEPLOYMENT);
        pass(ElectionStage.TIMINGS.retryPeriod());
        api.failure = new LeaseApiException(403, "Not with an owner.", null);
        assertThat(session.hold()).isCompletedExceptionally();
        api.failure = null;

        renew();

        assertThat(hub.leads()).isTrue();
        assertThat(owners()).isEmpty();
        assertThat(log.lines()).last().isEqualTo(WARNING + "Not with an owner. It is left out until a restart.");
    }

    @Test
    void anOwnerThatIsRefusedDoesNotKeepTheLeaseFromBeingReleased() {
        lead();
        found(DEPLOYMENT);
        hub.observe(new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "test")));
        api.failOnce(new LeaseApiException(403, "Not with an owner.", null));

        assertThat(session.release().join()).isTrue();

        assertThat(api.server.get().orElseThrow().holder()).isNull();
        assertThat(owners()).isEmpty();
    }

    @Test
    void aRefusalThatIsNotForTheOwnerLeavesItThere() {
        lead();
        found(DEPLOYMENT);
        renew();
        pass(ElectionStage.TIMINGS.retryPeriod());
        api.failOnce(new LeaseApiException(403, "Not allowed at all.", null));
        assertThat(session.hold()).isCompletedExceptionally();

        renew();

        assertThat(owners()).containsExactly(DEPLOYMENT);
        assertThat(log.lines()).hasSize(1);
    }
}
