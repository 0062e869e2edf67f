package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That the stand-in of the simulations behaves as Fabric8's loop: what each case expects is asked of both, of Fabric8's
 * in real time and of the stand-in in virtual time.
 */
@ExtendWith(QuietElection.class)
@Timeout(30)
class RenewalTest {

    /** The deadline is so long that a busy machine does not miss it by chance. */
    private static final Timings TIMINGS = new Timings(ms(9_000), ms(8_000), ms(20));

    /**
     * How much an interval may be shorter than it should be, since clocks are read late, on a busy machine by
     * milliseconds.
     */
    private static final Duration CLOCK = ms(15);

    private static Duration ms(long millis) {
        return Duration.ofMillis(millis);
    }

    /** The outcome of a renewal. */
    enum Outcome {
        DONE,
        FAILS,
        /** Done, but only after a while. */
        SLOW
    }

    /** The loop under test. */
    enum Kind {
        FABRIC8 {
            @Override
            List<Duration> play(Script script, int calls) {
                return playInRealTime(script, calls);
            }
        },
        STAND_IN {
            @Override
            List<Duration> play(Script script, int calls) {
                return playInVirtualTime(script, calls);
            }
        };

        /** When it called, of so many calls, or fewer if there are no more for a while. */
        abstract List<Duration> play(Script script, int calls);
    }

    /**
     * The outcomes of the renewals, in order; the last one repeats.
     *
     * @param slow how long a slow one takes
     * @param patience after how long without a call the loop is taken to have ended
     */
    private record Script(Timings timings, List<Outcome> outcomes, Duration slow, Duration patience) {

        static Script of(Outcome... outcomes) {
            return new Script(TIMINGS, List.of(outcomes), Duration.ZERO, ms(10_000));
        }

        Outcome outcome(int index) {
            return outcomes.get(Math.min(index, outcomes.size() - 1));
        }
    }

    private static List<Duration> playInRealTime(Script script, int limit) {
        Ticker ticker = Ticker.system();
        List<Duration> calls = new ArrayList<>();
        CountDownLatch full = new CountDownLatch(limit);
        ScheduledExecutorService executor = ElectionThreads.timed("renewal");
        ElectionSettings settings =
                new ElectionSettings(new LeaseRef("prod", "lock"), "us", "us", script.timings(), Duration.ZERO);
        long begin = ticker.nanoTime();
        Supplier<CompletableFuture<Void>> renew = () -> {
            CompletableFuture<Void> done = new CompletableFuture<>();
            synchronized (calls) {
                Outcome outcome = script.outcome(calls.size());
                calls.add(Duration.ofNanos(ticker.nanoTime() - begin));
                full.countDown();
                finish(
                        outcome,
                        done,
                        () -> done.completeOnTimeout(null, script.slow().toNanos(), TimeUnit.NANOSECONDS));
            }
            return done;
        };
        try {
            Renewal renewal = new Fabric8Renewal(settings, executor, renew);
            boolean unused = full.await(script.patience().toMillis(), TimeUnit.MILLISECONDS);
            renewal.stop();
            CompletableFuture.runAsync(() -> {}, executor).join();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        } finally {
            executor.shutdownNow();
        }
        synchronized (calls) {
            return List.copyOf(calls);
        }
    }

    private static List<Duration> playInVirtualTime(Script script, int limit) {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
        List<Duration> calls = new ArrayList<>();
        Renewal renewal = new SimulatedRenewal(
                () -> {
                    CompletableFuture<Void> done = new CompletableFuture<>();
                    Outcome outcome = script.outcome(calls.size());
                    calls.add(Duration.ofNanos(time.now()));
                    finish(outcome, done, () -> machine.after(script.slow().toNanos(), () -> done.complete(null)));
                    return done;
                },
                script.timings(),
                machine,
                machine.thread(),
                new Random(7));
        while (calls.size() < limit && time.now() < script.patience().toNanos()) {
            time.runUntil(time.now() + 1_000_000, () -> {});
        }
        renewal.stop();
        return List.copyOf(calls);
    }

    private static void finish(Outcome outcome, CompletableFuture<Void> done, Runnable later) {
        switch (outcome) {
            case DONE -> done.complete(null);
            case FAILS -> done.completeExceptionally(new ApiException(500, "script", null));
            case SLOW -> later.run();
        }
    }

    private static Duration between(List<Duration> calls, int from, int to) {
        return calls.get(to).minus(calls.get(from));
    }

    @ParameterizedTest
    @EnumSource
    void renewsTwiceAtOnceThenOncePerRetryPeriod(Kind kind) {
        List<Duration> calls = kind.play(Script.of(Outcome.DONE), 7);

        assertThat(calls).hasSizeGreaterThanOrEqualTo(7);
        // Late ones are made up for, so only all together are sure not to come too soon.
        assertThat(between(calls, 0, 6))
                .isBetween(
                        TIMINGS.retryPeriod().multipliedBy(5).minus(CLOCK),
                        TIMINGS.retryPeriod().multipliedBy(5).plusSeconds(2));
    }

    @ParameterizedTest
    @EnumSource
    void leavesAFailedRenewalToTheNextPeriod(Kind kind) {
        List<Duration> calls =
                kind.play(Script.of(Outcome.DONE, Outcome.DONE, Outcome.FAILS, Outcome.FAILS, Outcome.DONE), 7);

        assertThat(calls).hasSizeGreaterThanOrEqualTo(7);
        assertThat(between(calls, 1, 6))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(5).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void goesOnAfterAFirstRenewalThatFailed(Kind kind) {
        List<Duration> calls = kind.play(Script.of(Outcome.FAILS, Outcome.FAILS, Outcome.DONE), 5);

        assertThat(calls).hasSizeGreaterThanOrEqualTo(5);
        assertThat(between(calls, 0, 2))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(2).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void endsARenewDeadlineAfterTheLastRenewal(Kind kind) {
        Timings timings = new Timings(ms(500), ms(400), ms(20));
        Script script =
                new Script(timings, List.of(Outcome.DONE, Outcome.DONE, Outcome.FAILS), Duration.ZERO, ms(1_500));

        List<Duration> calls = kind.play(script, 1_000);

        assertThat(between(calls, 1, calls.size() - 1))
                .isBetween(
                        timings.renewDeadline().minus(timings.retryPeriod().multipliedBy(4)),
                        timings.renewDeadline().plusMillis(500));
    }

    @ParameterizedTest
    @EnumSource
    void catchesUpAfterAStall(Kind kind) {
        Timings timings = new Timings(ms(9_000), ms(8_000), ms(50));
        int stalled = 10;
        Duration stall = timings.retryPeriod().multipliedBy(stalled);

        List<Duration> calls = kind.play(
                new Script(timings, List.of(Outcome.DONE, Outcome.SLOW, Outcome.DONE), stall, ms(10_000)), stalled + 2);

        assertThat(calls).hasSizeGreaterThanOrEqualTo(stalled + 2);
        // Without catching up it would take twice as long.
        assertThat(between(calls, 1, stalled + 1))
                .isBetween(stall.minus(CLOCK), timings.retryPeriod().multipliedBy(stalled + stalled / 2));
    }
}
