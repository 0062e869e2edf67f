package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Row A3 of the faults: suspension is measured from look to look. */
class WatchedClocksTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    private final ManualTicker clocks = new ManualTicker();
    private final Ticker ticker = Ticker.watching(clocks::nanoTime, clocks::wallTime);

    /** Each step: by how many milliseconds the monotonic and the wall clock move between two looks. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            both clocks run                        | 1000/1000   900/900             | 0
            suspended                              | 1000/1000   0/5000              | 5000
            suspended twice                        | 0/5000      1000/1000   0/2000  | 7000
            set back                               | 1000/1000   0/-3600000          | 0
            set back, then suspended               | 0/-3600000  1000/1000   0/61000 | 61000
            suspended, then set back               | 0/61000     1000/1000   0/-60000 | 61000
            set forward and back                   | 0/5000      0/-5000             | 5000
            set back and suspended between looks   | 0/-1000                         | 0
            slewed by NTP, faster and slower       | 1000/1001   1000/999    1000/1001 | 2
            """)
    void whatTheWallClockRanAheadBetweenAnyTwoLooksCounts(String name, String steps, long suspendedMillis) {
        Moment start = ticker.now();

        for (String step : steps.split("\\s+", -1)) {
            String[] moved = step.split("/", -1);
            Duration monotonic = Duration.ofMillis(Long.parseLong(moved[0]));
            clocks.advance(monotonic);
            clocks.stepWall(Duration.ofMillis(Long.parseLong(moved[1])).minus(monotonic));
            ticker.now();
        }

        assertThat(ticker.now().suspendedSince(start)).isEqualTo(Duration.ofMillis(suspendedMillis));
    }

    @Test
    void aClaimEndsWhenTheMachineWasSuspendedThoughTheWallClockWasSetBackBefore() {
        LeadershipHub hub = new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
        hub.observe(new WriteAcknowledged(
                new ObservedLease("pod-a", 1, 1, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
        clocks.stepWall(Duration.ofHours(-1));
        assertThat(hub.leads()).isTrue();

        clocks.stepWall(RENEW_DEADLINE.minusNanos(1));
        assertThat(hub.leads()).isTrue();
        clocks.stepWall(Duration.ofNanos(1));

        assertThat(hub.leads()).isFalse();
        assertThat(hub.current().reason().code()).isEqualTo(Reason.Code.SUSPENDED);
    }

    /**
     * A thread that is kept from running between its readings sees a wall clock that is late, and the next one early.
     */
    @Test
    void theTimeBetweenTheReadingsOfOneLookDoesNotAddUp() {
        Duration kept = Duration.ofMillis(20);
        Deque<Duration> delays = new ArrayDeque<>();
        Ticker loaded = Ticker.watching(clocks::nanoTime, () -> {
            clocks.advance(delays.isEmpty() ? Duration.ZERO : delays.remove());
            Instant reading = clocks.wallTime();
            clocks.advance(delays.isEmpty() ? Duration.ZERO : delays.remove());
            return reading;
        });
        Moment start = loaded.now();

        for (int look = 0; look < 1000; look++) {
            boolean early = look % 2 == 0;
            delays.add(early ? Duration.ZERO : kept);
            delays.add(early ? kept : Duration.ZERO);
            loaded.now();
        }

        Moment end = loaded.now();
        assertThat(end.suspended()).isZero();
        assertThat(end.suspendedSince(start)).isZero();
    }

    @Test
    void aSuspensionInTheMidstOfALookIsSeenByItOrTheNext() {
        Deque<Duration> suspensions = new ArrayDeque<>(List.of(Duration.ZERO, Duration.ZERO));
        Ticker caught = Ticker.watching(clocks::nanoTime, () -> {
            clocks.stepWall(suspensions.isEmpty() ? Duration.ZERO : suspensions.remove());
            Instant reading = clocks.wallTime();
            clocks.stepWall(suspensions.isEmpty() ? Duration.ZERO : suspensions.remove());
            return reading;
        });
        Moment start = caught.now();

        suspensions.add(Duration.ofSeconds(3));
        suspensions.add(Duration.ofSeconds(4));
        assertThat(caught.now().suspendedSince(start)).isEqualTo(Duration.ofSeconds(3));
        assertThat(caught.now().suspendedSince(start)).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void manyThreadsAddASuspensionOnce() throws Exception {
        int threads = 8;
        Moment start = ticker.now();
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 200; round++) {
                List<Callable<Moment>> looks = Collections.nCopies(threads, ticker::now);
                clocks.stepWall(Duration.ofSeconds(1));
                for (Future<Moment> look : pool.invokeAll(looks)) {
                    assertThat(look.get().suspendedSince(start)).isEqualTo(Duration.ofSeconds(round + 1));
                }
                // What was set back does not hide it.
                clocks.stepWall(Duration.ofSeconds(-1));
                ticker.now();
                clocks.stepWall(Duration.ofSeconds(1));
                clocks.stepWall(Duration.ofSeconds(-1));
            }
            assertThat(ticker.now().suspended()).isEqualTo(Duration.ofSeconds(200));
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void theClocksThemselvesAreNotTouched() {
        clocks.advance(Duration.ofSeconds(1));

        assertThat(ticker.nanoTime()).isEqualTo(clocks.nanoTime());
        assertThat(ticker.wallTime()).isEqualTo(clocks.wallTime());
        assertThat(ticker.now()).isEqualTo(clocks.now());
    }

    @Test
    void theClocksOfTheSystemAreThoseOfTheJvm() {
        long before = System.nanoTime();

        Moment now = Ticker.system().now();

        assertThat(now.nanos() - before).isBetween(0L, Duration.ofMinutes(1).toNanos());
        assertThat(now.wall()).isBetween(Instant.now().minusSeconds(60), Instant.now());
    }
}
