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

class LeaseViewTest {

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");

    private final ManualTicker ticker = new ManualTicker();
    private final List<Observation> news = new ArrayList<>();
    private final AtomicInteger changes = new AtomicInteger();
    private final LeaseView view = new LeaseView("pod-a", LEASE, news::add, ticker);

    LeaseViewTest() {
        view.subscribe(changes::incrementAndGet);
    }

    private static LeaseDocument lease(long version, String holder, Instant renewTime) {
        return Leases.document(new LeaseBuilder()
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
        return lease(version, "pod-a", view.nextRenewTime(ticker.now()));
    }

    private Observation last() {
        return news.get(news.size() - 1);
    }

    @Test
    void knowsNothingBeforeItHasSeenAnything() {
        assertThat(view.standing()).isEqualTo(new Standing.Unknown());
        assertThat(view.lastInterval()).isZero();
    }

    @Test
    void takesNoNoteOfWhatIsOlder() {
        view.seen(lease(7, "pod-c", LONG_AGO));
        view.seen(lease(6, "pod-b", LONG_AGO));
        view.deleted(lease(5, "pod-b", LONG_AGO));

        assertThat(news).hasSize(1);
        assertThat(view.version()).isEqualTo(7);
    }

    @Test
    void doesNotBelieveAReadOfAnAbsentLeaseThatSomethingNewerOvertook() {
        view.read(Optional.empty(), 0);
        long whenSent = view.version();
        view.seen(lease(7, "pod-b", LONG_AGO));

        view.read(Optional.empty(), whenSent);

        assertThat(view.document()).isPresent();
    }

    @Test
    void countsAnAbsenceOnceHoweverOftenItIsRead() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        for (int i = 0; i < 5; i++) {
            view.read(Optional.empty(), view.version());
        }

        assertThat(view.version()).isEqualTo(8);
        assertThat(news).hasSize(2);
        view.seen(lease(9, "pod-c", LONG_AGO));
        assertThat(view.document()).isPresent();
    }

    @Test
    void movesTheObservedTimeOnlyWhenTheStateChanges() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        long first = view.observedNanos();
        ticker.advance(Duration.ofSeconds(5));
        view.seen(lease(8, "pod-b", LONG_AGO));
        assertThat(view.observedNanos()).isEqualTo(first);

        view.seen(lease(9, "pod-b", LONG_AGO.plusSeconds(1)));
        assertThat(view.observedNanos()).isEqualTo(first + Duration.ofSeconds(5).toNanos());
        assertThat(view.lastInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(changes).hasValue(3);
    }

    @Test
    void acknowledgesAWriteOnceThoughItIsSeenTwice() {
        view.read(Optional.empty(), 0);
        long sent = ticker.nanoTime();
        LeaseDocument written = ours(7);
        ticker.advance(Duration.ofMillis(30));

        view.seen(written);
        view.seen(written);

        assertThat(news).filteredOn(WriteAcknowledged.class::isInstance).hasSize(1);
        assertThat(((WriteAcknowledged) last()).sent().nanos()).isEqualTo(sent);
        assertThat(view.standing()).isEqualTo(new Standing.Ours());
    }

    @Test
    void acknowledgesAWriteThatIsSeenOnlyUnderALaterChange() {
        view.read(Optional.empty(), 0);
        LeaseDocument written = ours(7);

        // Somebody changed the labels before the watch told.
        view.seen(lease(8, "pod-a", written.renewTime()));
        view.seen(written);

        assertThat(last()).isInstanceOf(WriteAcknowledged.class);
        assertThat(view.version()).isEqualTo(8);
    }

    @Test
    void doesNotAcknowledgeAReleaseOfOurs() {
        view.read(Optional.empty(), 0);
        LeaseDocument written = ours(7);
        view.seen(written);

        view.seen(lease(8, "pod-a", written.renewTime()).releasedAt(ticker.wallTime()));

        assertThat(last()).isInstanceOf(LeaseSeen.class);
        assertThat(view.standing()).isEqualTo(new Standing.Free(ticker.nanoTime(), true));
    }

    @Test
    void givesEachWriteARenewTimeOfItsOwnEvenIfTheClockIsSetBack() {
        Instant first = view.nextRenewTime(ticker.now());
        Instant second = view.nextRenewTime(ticker.now());
        ticker.stepWall(Duration.ofHours(-1));
        Instant third = view.nextRenewTime(ticker.now());

        assertThat(List.of(first, second, third)).isSorted().doesNotHaveDuplicates();
        assertThat(third).isEqualTo(third.truncatedTo(ChronoUnit.MICROS));
    }

    @Test
    void takesTheLeaseOfAFormerLifeForFree() {
        view.seen(lease(7, "pod-a", LONG_AGO));

        assertThat(((LeaseSeen) last()).writer()).isEqualTo(Writer.FORMER_SELF);
        assertThat(view.standing()).isEqualTo(new Standing.Free(ticker.nanoTime(), false));
    }

    /** A5: the killed process had sent it before. */
    @Test
    void takesALastRenewalOfAFormerLifeForItsOwnUntilItHasWritten() {
        view.seen(lease(7, "pod-a", LONG_AGO));
        view.seen(lease(8, "pod-a", LONG_AGO.plusSeconds(2)));

        assertThat(((LeaseSeen) last()).writer()).isEqualTo(Writer.FORMER_SELF);
        assertThat(view.standing()).isInstanceOf(Standing.Free.class);
    }

    @Test
    void takesTheLeaseOfANamesakeThatLivesForHeld() {
        view.seen(lease(7, "pod-a", LONG_AGO));
        view.seen(ours(8));
        view.seen(lease(9, "pod-a", LONG_AGO.plusSeconds(2)));

        assertThat(((LeaseSeen) last()).writer()).isEqualTo(Writer.NAMESAKE);
        assertThat(view.standing()).isInstanceOf(Standing.Held.class);
        ticker.advance(LEASE);
        assertThat(view.standing()).isInstanceOf(Standing.Lapsed.class);
    }

    @Test
    void takesALeaseThatItSawInOtherHandsForANamesakesWhenItBearsItsName() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        view.seen(lease(8, "pod-a", LONG_AGO.plusSeconds(2)));

        assertThat(((LeaseSeen) last()).writer()).isEqualTo(Writer.NAMESAKE);
        assertThat(view.standing()).isInstanceOf(Standing.Held.class);
    }

    /** A4: a holder that is cut off does not hear of it. */
    @Test
    void believesAShorterDurationOnlyTogetherWithARenewalByItsHolder() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        long until = ticker.nanoTime() + LEASE.toNanos();
        ticker.advance(Duration.ofSeconds(2));

        view.seen(edited(8, "pod-b", LONG_AGO, 1));
        assertThat(view.standing()).isEqualTo(new Standing.Held("pod-b", until));

        view.seen(edited(9, "pod-c", LONG_AGO.plusSeconds(1), 1));
        assertThat(view.standing()).isEqualTo(new Standing.Held("pod-c", until));

        view.seen(edited(10, "pod-c", LONG_AGO.plusSeconds(3), 1));
        assertThat(view.standing())
                .isEqualTo(new Standing.Held(
                        "pod-c", ticker.nanoTime() + Duration.ofSeconds(1).toNanos()));
    }

    @Test
    void believesALongerDurationAtOnce() {
        view.seen(lease(7, "pod-b", LONG_AGO));

        view.seen(edited(8, "pod-b", LONG_AGO, 60));

        assertThat(view.standing())
                .isEqualTo(new Standing.Held(
                        "pod-b", ticker.nanoTime() + Duration.ofMinutes(1).toNanos()));
    }

    private static LeaseDocument edited(long version, String holder, Instant renewTime, int seconds) {
        return Leases.document(new LeaseBuilder(Leases.model(lease(version, holder, renewTime)))
                .editSpec()
                .withLeaseDurationSeconds(seconds)
                .endSpec()
                .build());
    }

    @Test
    void takesAnothersLeaseForLapsedExactlyWhenItsTimeIsUp() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        long until = ticker.nanoTime() + LEASE.toNanos();
        assertThat(view.standing()).isEqualTo(new Standing.Held("pod-b", until));

        ticker.advance(LEASE.minusNanos(1));
        assertThat(view.standing()).isEqualTo(new Standing.Held("pod-b", until));
        ticker.advance(Duration.ofNanos(1));
        assertThat(view.standing()).isEqualTo(new Standing.Lapsed(until));
    }

    @Test
    void recognizesItsOwnWriteHoweverManyHaveFailedSince() {
        view.seen(ours(7));
        for (int i = 0; i < 2_000; i++) {
            ours(0);
        }

        assertThat(view.standing()).isEqualTo(new Standing.Ours());
        view.seen(lease(8, "pod-b", LONG_AGO));
        assertThat(view.standing()).isInstanceOf(Standing.Held.class);
    }

    @Test
    void recognizesAWriteWithALostAnswerAfterManyFailures() {
        view.seen(ours(7));
        LeaseDocument lost = ours(8);
        for (int i = 0; i < 100; i++) {
            ours(0);
        }

        view.seen(lost);

        assertThat(last()).isInstanceOf(WriteAcknowledged.class);
        assertThat(view.standing()).isEqualTo(new Standing.Ours());
    }

    @Test
    void aLeaseThatAReadHadWronglyNotFoundIsBackAtTheVersionItHad() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        view.read(Optional.empty(), 7);
        assertThat(view.document()).isEmpty();

        view.read(Optional.of(lease(7, "pod-b", LONG_AGO)), view.version());

        assertThat(view.version()).isEqualTo(7);
        assertThat(view.document()).isPresent();
        assertThat(view.standing()).isInstanceOf(Standing.Held.class);
    }

    @Test
    void aLeaseThatAReadHadWronglyNotFoundIsSeenAtTheVersionThatWasMadeUp() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        view.read(Optional.empty(), 7);

        view.seen(lease(8, "pod-c", LONG_AGO));

        assertThat(view.document().orElseThrow().holder()).isEqualTo("pod-c");
    }

    @Test
    void aReadThatIsOlderThanWhatWasKnownWhenItWasSentTellsOfARestore() {
        view.seen(ours(70));
        LeaseDocument backup = lease(7, "pod-a", LONG_AGO);

        view.read(Optional.of(backup), 70);

        assertThat(news).contains(new Observation.HistoryBegunAnew());
        assertThat(last())
                .isInstanceOfSatisfying(
                        LeaseSeen.class, seen -> assertThat(seen.writer()).isEqualTo(Writer.FORMER_SELF));
        assertThat(view.version()).isEqualTo(7);
        // Another may have led in between, and may still.
        assertThat(view.standing()).isEqualTo(new Standing.Held("pod-a", ticker.nanoTime() + LEASE.toNanos()));
    }

    @Test
    void aLeaseThatIsRestoredAsReleasedIsNotFreeBeforeItsLastHolderIsSureToHaveStopped() {
        view.seen(lease(70, "pod-b", LONG_AGO));

        view.read(Optional.of(lease(7, "pod-c", LONG_AGO).releasedAt(LONG_AGO)), 70);

        assertThat(view.standing()).isInstanceOf(Standing.Held.class);
        ticker.advance(LEASE);
        assertThat(view.standing()).isInstanceOf(Standing.Lapsed.class);
        view.seen(lease(8, "pod-c", LONG_AGO).releasedAt(LONG_AGO.plusSeconds(1)));
        assertThat(view.standing()).isInstanceOf(Standing.Free.class);
    }

    @Test
    void aReadThatWasOvertakenTellsOfNoRestore() {
        view.seen(lease(7, "pod-b", LONG_AGO));
        view.seen(lease(8, "pod-c", LONG_AGO));

        view.read(Optional.of(lease(7, "pod-b", LONG_AGO)), 7);

        assertThat(view.version()).isEqualTo(8);
        assertThat(news).hasSize(2);
    }
}
