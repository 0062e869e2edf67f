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
class LeaseWatchTest {

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), machine);
    private final LeaseView view = new LeaseView("pod-a", Duration.ofSeconds(15), hub::observe, machine);
    private final LeaseReader reader = new LeaseReader(api, view);
    private int trustChanges;
    private final LeaseWatch watch = watch(view, new Random(1));

    LeaseWatchTest() {
        view.subscribe(() -> trustChanges += view.current() == (trustChanges % 2 == 0) ? 1 : 0);
    }

    private LeaseWatch watch(LeaseView shown, Random random) {
        return new LeaseWatch(api, new LeaseReader(api, shown), shown, new ElectionThread(machine.thread()), random);
    }

    private void run(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), () -> {});
    }

    /** Lets the election's thread do what was posted to it. */
    private void settle() {
        run(Duration.ZERO);
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
        assertThat(view.current()).isFalse();

        watch.open();
        settle();

        assertThat(api.calls).containsExactly("watch", "get");
        assertThat(view.current()).isTrue();
        assertThat(trustChanges).isOne();
    }

    @Test
    void doesNotTrustAWatchBesideAReadThatFails() {
        api.failure = broken();

        watch.open();
        settle();

        assertThat(view.current()).isFalse();
        assertThat(api.closedWatches).isOne();
    }

    @Test
    void trustsAWatchThatHasShownTheLeaseWithAnyResultOfTheRead() {
        heldByOther();
        api.answersGets = false;
        watch.open();
        settle();
        api.listeners.get(0).changed(api.server.get().orElseThrow());
        settle();

        api.failGets(broken());
        settle();

        assertThat(view.current()).isTrue();
        assertThat(api.closedWatches).isZero();
    }

    @Test
    void opensABrokenWatchAgain() {
        watch.open();
        settle();

        api.listeners.get(0).closed(broken());
        settle();
        assertThat(view.current()).isFalse();
        assertThat(trustChanges).isEqualTo(2);

        run(Duration.ofSeconds(1));
        assertThat(view.current()).isTrue();
        assertThat(api.listeners).hasSize(2);
    }

    @Test
    void theWatchesOfAThousandThatBreakAtOnceComeBackSpreadOverASecond() {
        Random seeds = new Random(1);
        IntStream.range(0, 1_000)
                .mapToObj(i -> watch(
                        new LeaseView("pod-a", Duration.ofSeconds(15), hub::observe, machine),
                        new Random(seeds.nextLong())))
                .forEach(LeaseWatch::open);
        settle();
        api.listeners.subList(0, 1_000).forEach(listener -> listener.closed(broken()));
        settle();

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
        watch.open();
        settle();

        run(Duration.ofSeconds(7));
        assertThat(api.calls.size()).isBetween(4, 8);
        int before = api.calls.size();
        run(Duration.ofSeconds(40));
        assertThat(api.calls.size() - before).isBetween(14, 28);

        api.watchFailure = null;
        run(Duration.ofSeconds(4));
        assertThat(view.current()).isTrue();
    }

    @Test
    void retriesTwiceAMinuteWithoutPermissionAndLogsItOnce() {
        api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
        try (CollectedLog log = new CollectedLog(LeaseWatch.class)) {
            watch.open();
            settle();
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
        try (CollectedLog log = new CollectedLog(LeaseWatch.class)) {
            watch.open();
            settle();
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
        try (CollectedLog log = new CollectedLog(LeaseWatch.class)) {
            watch.open();
            settle();
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
        try (CollectedLog log = new CollectedLog(LeaseWatch.class)) {
            watch.open();
            settle();
            run(Duration.ofSeconds(10));
            int before = api.calls.size();
            api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
            while (api.calls.size() < before + 3) {
                run(Duration.ofMillis(100));
            }
            api.watchFailure = null;
            run(Duration.ofSeconds(4));

            assertThat(view.current()).isTrue();
            assertThat(log.lines()).noneMatch(line -> line.startsWith("WARN"));
        }
    }

    @Test
    void distrustsAfterASecondAndReplacesAfterThreeAWatchThatMissesAChange() {
        watch.open();
        settle();
        heldByOther();
        var unused = reader.read();
        settle();

        run(Duration.ofMillis(900));
        assertThat(view.current()).isTrue();
        run(Duration.ofMillis(300));
        assertThat(view.current()).isFalse();
        assertThat(api.listeners).hasSize(1);
        run(Duration.ofSeconds(3));
        assertThat(api.listeners).hasSize(2);
        assertThat(api.closedWatches).isOne();
        assertThat(view.current()).isTrue();
    }

    @Test
    void distrustsAfterASecondAndReplacesAfterThreeAWatchThatOpenedButDoesNotShowTheLeaseThatIsThere() {
        heldByOther();
        watch.open();
        settle();

        run(Duration.ofMillis(900));
        assertThat(view.current()).isTrue();
        run(Duration.ofMillis(300));
        assertThat(view.current()).isFalse();
        run(Duration.ofSeconds(3));
        assertThat(api.listeners).hasSize(2);
        assertThat(api.closedWatches).isOne();
    }

    @Test
    void keepsAWatchThatBeginsWithTheLeaseThatIsThere() {
        heldByOther();
        watch.open();
        settle();
        api.listeners.get(0).changed(api.server.get().orElseThrow());
        settle();

        run(Duration.ofSeconds(30));

        assertThat(view.current()).isTrue();
        assertThat(api.listeners).hasSize(1);
    }

    @Test
    void saysThatItMayNotWatchSecondsAfterTheStartEvenIfTheFirstAttemptSeemedToSucceed() {
        heldByOther();
        watch.open();
        settle();
        api.watchFailure = new ApiException(403, "Not allowed to watch.", null);
        try (CollectedLog log = new CollectedLog(LeaseWatch.class)) {
            run(Duration.ofSeconds(15));

            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN LE-208 "))
                    .hasSize(1);
        }
    }

    @Test
    void trustsAgainWhenTheChangeArrivesLate() {
        watch.open();
        settle();
        heldByOther();
        var unused = reader.read();
        settle();
        run(Duration.ofMillis(1_500));
        assertThat(view.current()).isFalse();

        api.listeners.get(0).changed(api.server.get().orElseThrow());
        settle();

        assertThat(view.current()).isTrue();
        run(Duration.ofSeconds(10));
        assertThat(api.listeners).hasSize(1);
    }

    @Test
    void learnsFromAnAbandonedWatchButTakesItForNoProofOfTheNewOne() {
        watch.open();
        settle();
        LeaseApi.WatchListener abandoned = api.listeners.get(0);
        abandoned.closed(broken());
        settle();
        run(Duration.ofSeconds(1));
        heldByOther();

        abandoned.changed(api.server.get().orElseThrow());
        settle();
        assertThat(view.document()).isPresent();
        run(Duration.ofMillis(1_500));
        assertThat(view.current()).isFalse();

        abandoned.closed(broken());
        settle();
        assertThat(api.listeners).hasSize(2);
    }

    @Test
    void opensNothingAfterItWasClosed() {
        watch.open();
        settle();
        watch.close();
        settle();
        assertThat(api.closedWatches).isOne();

        api.listeners.get(0).closed(broken());
        settle();
        watch.open();
        settle();
        run(Duration.ofSeconds(10));

        assertThat(api.listeners).hasSize(1);
        assertThat(view.current()).isFalse();
    }
}
