package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeadershipHub;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietElection.class)
class LeaseWatcherTest {

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), machine);
    private final LeaseTracker tracker =
            new LeaseTracker("pod-a", Duration.ofSeconds(15), hub::observe, machine, () -> {});
    private final LeaseSession session = LeaseSessionTest.session(api, tracker, hub, machine, () -> false);
    private int trustChanges;
    private final LeaseWatcher watcher =
            new LeaseWatcher(api, tracker, session, machine, machine.thread(), new Random(1), () -> trustChanges++);

    private void run(Duration duration) {
        long end = time.now() + duration.toNanos();
        while (time.now() < end) {
            time.runUntil(Math.min(end, time.now() + 100_000_000), () -> {});
            watcher.check();
        }
    }

    private static ApiException broken() {
        return new ApiException(ApiException.NO_ANSWER, "broken", null);
    }

    private void heldByOther() {
        api.server.put(LeaseDocument.initial(SimulatedCandidate.LEASE)
                .heldBy("other", Duration.ofSeconds(15), machine.wallTime(), machine.wallTime(), 0));
    }

    @Test
    void trustsAWatchOnceItHasReadTheLeaseToo() {
        assertThat(watcher.trusted()).isFalse();

        watcher.open();

        assertThat(api.calls).containsExactly("watch", "get");
        assertThat(watcher.trusted()).isTrue();
        assertThat(trustChanges).isOne();
    }

    @Test
    void doesNotTrustAWatchBesideAReadThatFails() {
        api.failure = broken();

        watcher.open();

        assertThat(watcher.trusted()).isFalse();
        assertThat(api.closedWatches).isOne();
    }

    @Test
    void trustsAWatchThatHasShownTheLeaseWhateverTheReadBesideItSays() {
        heldByOther();
        api.answersGets = false;
        watcher.open();
        api.listeners.get(0).changed(api.server.get().orElseThrow());

        api.failGets(broken());

        assertThat(watcher.trusted()).isTrue();
        assertThat(api.closedWatches).isZero();
    }

    @Test
    void opensABrokenWatchAgain() {
        watcher.open();

        api.listeners.get(0).closed(broken());
        assertThat(watcher.trusted()).isFalse();
        assertThat(trustChanges).isEqualTo(2);

        run(Duration.ofSeconds(1));
        assertThat(watcher.trusted()).isTrue();
        assertThat(api.listeners).hasSize(2);
    }

    @Test
    void theWatchesOfAThousandThatBreakAtOnceComeBackSpreadOverASecond() {
        Random seeds = new Random(1);
        IntStream.range(0, 1_000)
                .mapToObj(i -> new LeaseWatcher(
                        api,
                        tracker,
                        session,
                        machine,
                        machine.thread(),
                        new Random(seeds.nextLong()),
                        () -> trustChanges++))
                .forEach(LeaseWatcher::open);
        api.listeners.subList(0, 1_000).forEach(listener -> listener.closed(broken()));

        for (int tenth = 1; tenth <= 10; tenth++) {
            int before = api.listeners.size();
            run(Duration.ofMillis(100));
            assertThat(api.listeners.size() - before)
                    .as("tenth %d of the second", tenth)
                    .isBetween(60, 140);
        }
        assertThat(api.listeners).hasSize(2_000);
    }

    @Test
    void waitsLongerEachTimeButNeverMoreThanFourSeconds() {
        api.watchFailure = broken();
        watcher.open();

        run(Duration.ofSeconds(7));
        assertThat(api.calls.size()).isBetween(4, 8);
        int before = api.calls.size();
        run(Duration.ofSeconds(40));
        assertThat(api.calls.size() - before).isBetween(14, 28);

        api.watchFailure = null;
        run(Duration.ofSeconds(4));
        assertThat(watcher.trusted()).isTrue();
    }

    @Test
    void asksTwiceAMinuteForAPermissionThatIsMissingAndSaysSoOnce() {
        api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
        try (CollectedLog log = new CollectedLog(LeaseWatcher.class)) {
            watcher.open();
            run(Duration.ofSeconds(89));

            // Thrice more at the start: the API server may be the one that has just started.
            assertThat(api.calls).hasSize(6);
            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN LE-208 Not allowed to watch. Without it");
        }
    }

    @Test
    void saysOnceThatNoWatchShowsAnything() {
        heldByOther();
        try (CollectedLog log = new CollectedLog(LeaseWatcher.class)) {
            watcher.open();
            run(Duration.ofMinutes(2));

            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN LE-208 The watch does not deliver what reads show. Without it");
        }
    }

    @Test
    void saysOnceThatSomethingRefusesAllWatches() {
        api.watchFailure = new ApiException(502, "The API server answered 502.", null);
        try (CollectedLog log = new CollectedLog(LeaseWatcher.class)) {
            watcher.open();
            run(Duration.ofMinutes(2));

            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN"))
                    .containsExactly(
                            "WARN LE-208 The API server answered 502. Without it a follower has to ask at every"
                                    + " retry period and notices a release only then.");
            // And it goes on trying.
            assertThat(api.calls).hasSizeGreaterThan(30);
        }
    }

    @Test
    void comesBackSoonThoughAnApiServerThatHasJustStartedRefusesEverybody() {
        api.watchFailure = broken();
        try (CollectedLog log = new CollectedLog(LeaseWatcher.class)) {
            watcher.open();
            run(Duration.ofSeconds(10));
            int before = api.calls.size();
            api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
            while (api.calls.size() < before + 3) {
                run(Duration.ofMillis(100));
            }
            api.watchFailure = null;
            run(Duration.ofSeconds(4));

            assertThat(watcher.trusted()).isTrue();
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN"));
        }
    }

    @Test
    void distrustsAfterASecondAndReplacesAfterThreeAWatchThatMissesAChange() {
        watcher.open();
        heldByOther();
        var unused = session.refresh();

        run(Duration.ofMillis(900));
        assertThat(watcher.trusted()).isTrue();
        run(Duration.ofMillis(300));
        assertThat(watcher.trusted()).isFalse();
        assertThat(api.listeners).hasSize(1);
        run(Duration.ofSeconds(3));
        assertThat(api.listeners).hasSize(2);
        assertThat(api.closedWatches).isOne();
        assertThat(watcher.trusted()).isTrue();
    }

    @Test
    void distrustsAfterASecondAndReplacesAfterThreeAWatchThatOpenedButDoesNotShowTheLeaseThatIsThere() {
        heldByOther();
        watcher.open();

        run(Duration.ofMillis(900));
        assertThat(watcher.trusted()).isTrue();
        run(Duration.ofMillis(300));
        assertThat(watcher.trusted()).isFalse();
        run(Duration.ofSeconds(3));
        assertThat(api.listeners).hasSize(2);
        assertThat(api.closedWatches).isOne();
    }

    @Test
    void keepsAWatchThatBeginsWithTheLeaseThatIsThere() {
        heldByOther();
        watcher.open();
        api.listeners.get(0).changed(api.server.get().orElseThrow());

        run(Duration.ofSeconds(30));

        assertThat(watcher.trusted()).isTrue();
        assertThat(api.listeners).hasSize(1);
    }

    @Test
    void saysThatItMayNotWatchSecondsAfterTheStartEvenIfTheFirstAttemptSeemedToSucceed() {
        heldByOther();
        watcher.open();
        api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
        try (CollectedLog log = new CollectedLog(LeaseWatcher.class)) {
            run(Duration.ofSeconds(15));

            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN LE-208 "))
                    .hasSize(1);
        }
    }

    @Test
    void trustsAgainWhenTheChangeArrivesLate() {
        watcher.open();
        heldByOther();
        var unused = session.refresh();
        run(Duration.ofMillis(1_500));
        assertThat(watcher.trusted()).isFalse();

        api.listeners.get(0).changed(api.server.get().orElseThrow());

        assertThat(watcher.trusted()).isTrue();
        run(Duration.ofSeconds(10));
        assertThat(api.listeners).hasSize(1);
    }

    @Test
    void learnsFromAnAbandonedWatchButTakesItForNoProofOfTheNewOne() {
        watcher.open();
        LeaseApi.WatchListener abandoned = api.listeners.get(0);
        abandoned.closed(broken());
        run(Duration.ofSeconds(1));
        heldByOther();

        abandoned.changed(api.server.get().orElseThrow());
        assertThat(tracker.document()).isPresent();
        run(Duration.ofMillis(1_500));
        assertThat(watcher.trusted()).isFalse();

        abandoned.closed(broken());
        assertThat(api.listeners).hasSize(2);
    }

    @Test
    void opensNothingAfterItWasClosed() {
        watcher.open();
        watcher.close();
        assertThat(api.closedWatches).isOne();

        api.listeners.get(0).closed(broken());
        watcher.open();
        run(Duration.ofSeconds(10));

        assertThat(api.listeners).hasSize(1);
        assertThat(watcher.trusted()).isFalse();
    }
}
