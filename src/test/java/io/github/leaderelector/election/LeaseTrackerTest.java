package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeaseTrackerTest {

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    private final ManualTicker ticker = new ManualTicker();
    private final List<Observation> news = new ArrayList<>();
    private final AtomicInteger changes = new AtomicInteger();
    private final LeaseTracker tracker = new LeaseTracker("pod-a", LEASE, news::add, ticker, changes::incrementAndGet);

    private static LeaseDocument lease(long version, String holder, Instant renewTime) {
        return new LeaseDocument(new LeaseBuilder()
                .withNewMetadata()
                .withUid("u")
                .withResourceVersion(Long.toString(version))
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(15)
                .withRenewTime(renewTime.atZone(ZoneOffset.UTC))
                .endSpec()
                .build());
    }

    /** A write of ours that was sent now. */
    private LeaseDocument ours(long version) {
        return lease(version, "pod-a", tracker.nextRenewTime(ticker.now()));
    }

    private Observation last() {
        return news.get(news.size() - 1);
    }

    @Test
    void knowsNothingBeforeItHasSeenAnything() {
        assertThat(tracker.standing()).isEqualTo(new Standing.Unknown());
        assertThat(tracker.lastInterval()).isZero();
    }

    @Test
    void takesNoNoteOfWhatIsOlder() {
        tracker.seen(lease(7, "pod-c", LONG_AGO));
        tracker.seen(lease(6, "pod-b", LONG_AGO));
        tracker.deleted(lease(5, "pod-b", LONG_AGO));

        assertThat(news).hasSize(1);
        assertThat(tracker.version()).isEqualTo(7);
    }

    @Test
    void doesNotBelieveAReadOfAnAbsentLeaseThatSomethingNewerOvertook() {
        tracker.absent(0);
        long whenSent = tracker.version();
        tracker.seen(lease(7, "pod-b", LONG_AGO));

        tracker.read(Optional.empty(), whenSent);

        assertThat(tracker.document()).isPresent();
    }

    @Test
    void countsAnAbsenceOnceHoweverOftenItIsRead() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        for (int i = 0; i < 5; i++) {
            tracker.read(Optional.empty(), tracker.version());
        }

        assertThat(tracker.version()).isEqualTo(8);
        assertThat(news).hasSize(2);
        tracker.seen(lease(9, "pod-c", LONG_AGO));
        assertThat(tracker.document()).isPresent();
    }

    @Test
    void movesTheObservedTimeOnlyWhenTheStateChanges() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        long first = tracker.observedNanos();
        ticker.advance(Duration.ofSeconds(5));
        tracker.seen(lease(8, "pod-b", LONG_AGO));
        assertThat(tracker.observedNanos()).isEqualTo(first);
        assertThat(changes).hasValue(1);

        tracker.seen(lease(9, "pod-b", LONG_AGO.plusSeconds(1)));
        assertThat(tracker.observedNanos())
                .isEqualTo(first + Duration.ofSeconds(5).toNanos());
        assertThat(tracker.lastInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(changes).hasValue(2);
    }

    @Test
    void acknowledgesAWriteOnceThoughItIsSeenTwice() {
        tracker.absent(0);
        long sent = ticker.nanoTime();
        LeaseDocument written = ours(7);
        ticker.advance(Duration.ofMillis(30));

        tracker.seen(written);
        tracker.written(written);

        assertThat(news).filteredOn(WriteAcknowledged.class::isInstance).hasSize(1);
        assertThat(((WriteAcknowledged) last()).sent().nanos()).isEqualTo(sent);
        assertThat(tracker.standing()).isEqualTo(new Standing.Ours());
    }

    @Test
    void acknowledgesAWriteThatIsSeenOnlyUnderALaterChange() {
        tracker.absent(0);
        LeaseDocument written = ours(7);

        // Somebody changed the labels before the watch told.
        tracker.seen(lease(8, "pod-a", written.renewTime()));
        tracker.written(written);

        assertThat(last()).isInstanceOf(WriteAcknowledged.class);
        assertThat(tracker.version()).isEqualTo(8);
    }

    @Test
    void doesNotAcknowledgeAReleaseOfOurs() {
        tracker.absent(0);
        LeaseDocument written = ours(7);
        tracker.written(written);

        tracker.written(lease(8, "pod-a", written.renewTime()).releasedAt(ticker.wallTime()));

        assertThat(last()).isInstanceOf(LeaseSeen.class);
        assertThat(tracker.standing()).isEqualTo(new Standing.Free(ticker.nanoTime(), true));
    }

    @Test
    void givesEachWriteARenewTimeOfItsOwnEvenIfTheClockIsSetBack() {
        Instant first = tracker.nextRenewTime(ticker.now());
        Instant second = tracker.nextRenewTime(ticker.now());
        ticker.stepWall(Duration.ofHours(-1));
        Instant third = tracker.nextRenewTime(ticker.now());

        assertThat(List.of(first, second, third)).isSorted().doesNotHaveDuplicates();
        assertThat(third).isEqualTo(third.truncatedTo(ChronoUnit.MICROS));
    }

    @Test
    void takesTheLeaseOfAFormerLifeForFree() {
        tracker.seen(lease(7, "pod-a", LONG_AGO));

        assertThat(((LeaseSeen) last()).writer()).isEqualTo(Writer.FORMER_SELF);
        assertThat(tracker.standing()).isEqualTo(new Standing.Free(ticker.nanoTime(), false));
    }

    @Test
    void takesTheLeaseOfANamesakeThatLivesForHeld() {
        tracker.seen(lease(7, "pod-a", LONG_AGO));
        tracker.seen(lease(8, "pod-a", LONG_AGO.plusSeconds(2)));

        assertThat(tracker.standing()).isInstanceOf(Standing.Held.class);
        ticker.advance(LEASE);
        assertThat(tracker.standing()).isInstanceOf(Standing.Lapsed.class);
    }

    @Test
    void takesAnothersLeaseForLapsedExactlyWhenItsTimeIsUp() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        long until = ticker.nanoTime() + LEASE.toNanos();
        assertThat(tracker.standing()).isEqualTo(new Standing.Held("pod-b", until));

        ticker.advance(LEASE.minusNanos(1));
        assertThat(tracker.standing()).isEqualTo(new Standing.Held("pod-b", until));
        ticker.advance(Duration.ofNanos(1));
        assertThat(tracker.standing()).isEqualTo(new Standing.Lapsed(until));
    }

    @Test
    void recognizesItsOwnWriteHoweverManyHaveFailedSince() {
        tracker.written(ours(7));
        for (int i = 0; i < 2_000; i++) {
            ours(0);
        }

        assertThat(tracker.standing()).isEqualTo(new Standing.Ours());
        tracker.seen(lease(8, "pod-b", LONG_AGO));
        assertThat(tracker.standing()).isInstanceOf(Standing.Held.class);
    }

    @Test
    void recognizesAWriteWhoseAnswerWasLostHoweverManyHaveFailedSince() {
        tracker.written(ours(7));
        LeaseDocument lost = ours(8);
        for (int i = 0; i < 100; i++) {
            ours(0);
        }

        tracker.seen(lost);

        assertThat(last()).isInstanceOf(WriteAcknowledged.class);
        assertThat(tracker.standing()).isEqualTo(new Standing.Ours());
    }

    @Test
    void aLeaseThatAReadHadWronglyNotFoundIsBackAtTheVersionItHad() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        tracker.read(Optional.empty(), 7);
        assertThat(tracker.document()).isEmpty();

        tracker.read(Optional.of(lease(7, "pod-b", LONG_AGO)), tracker.version());

        assertThat(tracker.version()).isEqualTo(7);
        assertThat(tracker.document()).isPresent();
        assertThat(tracker.standing()).isInstanceOf(Standing.Held.class);
    }

    @Test
    void aLeaseThatAReadHadWronglyNotFoundIsSeenAtTheVersionThatWasMadeUp() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        tracker.read(Optional.empty(), 7);

        tracker.seen(lease(8, "pod-c", LONG_AGO));

        assertThat(tracker.document().orElseThrow().holder()).isEqualTo("pod-c");
    }

    @Test
    void aReadThatIsOlderThanWhatWasKnownWhenItWasSentTellsOfARestore() {
        tracker.written(ours(70));
        LeaseDocument backup = lease(7, "pod-a", LONG_AGO);

        tracker.read(Optional.of(backup), 70);

        assertThat(news).contains(new Observation.HistoryBegunAnew());
        assertThat(last())
                .isInstanceOfSatisfying(
                        LeaseSeen.class, seen -> assertThat(seen.writer()).isEqualTo(Writer.FORMER_SELF));
        assertThat(tracker.version()).isEqualTo(7);
        // Another may have led in between, and may still.
        assertThat(tracker.standing()).isEqualTo(new Standing.Held("pod-a", ticker.nanoTime() + LEASE.toNanos()));
    }

    @Test
    void aLeaseThatIsRestoredAsReleasedIsNotFreeBeforeItsLastHolderIsSureToHaveStopped() {
        tracker.seen(lease(70, "pod-b", LONG_AGO));

        tracker.read(Optional.of(lease(7, "pod-c", LONG_AGO).releasedAt(LONG_AGO)), 70);

        assertThat(tracker.standing()).isInstanceOf(Standing.Held.class);
        ticker.advance(LEASE);
        assertThat(tracker.standing()).isInstanceOf(Standing.Lapsed.class);
        tracker.seen(lease(8, "pod-c", LONG_AGO).releasedAt(LONG_AGO.plusSeconds(1)));
        assertThat(tracker.standing()).isInstanceOf(Standing.Free.class);
    }

    @Test
    void aReadThatWasOvertakenTellsOfNoRestore() {
        tracker.seen(lease(7, "pod-b", LONG_AGO));
        tracker.seen(lease(8, "pod-c", LONG_AGO));

        tracker.read(Optional.of(lease(7, "pod-b", LONG_AGO)), 7);

        assertThat(tracker.version()).isEqualTo(8);
        assertThat(news).hasSize(2);
    }
}
