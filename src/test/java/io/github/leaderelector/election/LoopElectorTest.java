package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * That the stand-in of the simulations behaves as Fabric8's elector: what each case expects is asked of both, of
 * Fabric8's in real time and of the stand-in in virtual time.
 */
@ExtendWith(QuietElection.class)
@Timeout(30)
class LoopElectorTest {

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

    /** What an elector finds when it looks. */
    enum Look {
        ABSENT,
        FREE,
        OURS,
        HELD,
        FAILS
    }

    /** What happens to its write. */
    enum Hold {
        DONE,
        FAILS,
        /** Done, but only after a while. */
        SLOW
    }

    /** Who is asked. */
    enum Kind {
        FABRIC8 {
            @Override
            Trace play(Script script, Timings timings, int calls) {
                return playInRealTime(script, timings, calls);
            }
        },
        STAND_IN {
            @Override
            Trace play(Script script, Timings timings, int calls) {
                return playInVirtualTime(script, timings, calls);
            }
        };

        /** Runs an elector until it has made so many calls, or has ended. */
        abstract Trace play(Script script, Timings timings, int calls);
    }

    /** What happens to one call after the other; the last entry goes on for ever. */
    private record Script(List<Look> looks, List<Hold> holds, Duration slow) {

        static Script of(List<Look> looks, List<Hold> holds) {
            return new Script(looks, holds, Duration.ZERO);
        }

        Look look(int index) {
            return looks.get(Math.min(index, looks.size() - 1));
        }

        Hold hold(int index) {
            return holds.get(Math.min(index, holds.size() - 1));
        }
    }

    private record Call(String name, long atNanos) {}

    /** What an elector did, and when. */
    private static final class Trace {
        private final Ticker ticker;
        private final int limit;
        private final List<Call> calls = new ArrayList<>();
        private final CountDownLatch full = new CountDownLatch(1);
        private int looks;
        private int holds;

        Trace(Ticker ticker, int limit) {
            this.ticker = ticker;
            this.limit = limit;
        }

        synchronized int look() {
            add("look");
            return looks++;
        }

        synchronized int hold() {
            add("hold");
            return holds++;
        }

        synchronized void end() {
            add("end");
            full.countDown();
        }

        private void add(String name) {
            if (calls.size() < limit) {
                calls.add(new Call(name, ticker.nanoTime()));
            }
            if (calls.size() == limit) {
                full.countDown();
            }
        }

        boolean isFull() {
            return full.getCount() == 0;
        }

        void awaitFull() {
            try {
                assertThat(full.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        }

        synchronized List<String> names() {
            return calls.stream().map(Call::name).toList();
        }

        /** From the call with index {@code from} to the one with index {@code to}. */
        synchronized Duration between(int from, int to) {
            return Duration.ofNanos(calls.get(to).atNanos() - calls.get(from).atNanos());
        }
    }

    private static Trace playInRealTime(Script script, Timings timings, int calls) {
        Trace trace = new Trace(Ticker.system(), calls);
        ScheduledExecutorService executor = ElectionThreads.timed("elector");
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(Config.empty()).build()) {
            Elector elector = new Fabric8Elector(client, new ScriptedLock(script, trace), timings, executor);
            var unused = elector.start().whenComplete((value, thrown) -> trace.end());
            trace.awaitFull();
            CompletableFuture.runAsync(elector::cancel, executor).join();
        } finally {
            executor.shutdownNow();
        }
        return trace;
    }

    private static Trace playInVirtualTime(Script script, Timings timings, int calls) {
        VirtualTime time = new VirtualTime();
        SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
        Trace trace = new Trace(machine, calls);
        LoopElector elector = new LoopElector(
                () -> look(script.look(trace.look())),
                () -> hold(script.hold(trace.hold()), machine, script.slow()),
                timings,
                machine,
                machine.thread(),
                new Random(7));
        var unused = elector.start().whenComplete((value, thrown) -> trace.end());
        while (!trace.isFull()) {
            time.runUntil(time.now() + 1_000_000, () -> {});
        }
        elector.cancel();
        return trace;
    }

    private static CompletableFuture<Standing> look(Look look) {
        return switch (look) {
            case ABSENT, FREE -> CompletableFuture.completedFuture(new Standing.Free(0, true));
            case OURS -> CompletableFuture.completedFuture(new Standing.Ours());
            case HELD -> CompletableFuture.completedFuture(new Standing.Held("other", Long.MAX_VALUE));
            case FAILS -> CompletableFuture.failedFuture(new ApiException(500, "script", null));
        };
    }

    private static CompletableFuture<Void> hold(Hold hold, SimulatedMachine machine, Duration slow) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        switch (hold) {
            case DONE -> done.complete(null);
            case FAILS -> done.completeExceptionally(new ApiException(500, "script", null));
            case SLOW -> machine.after(slow.toNanos(), () -> done.complete(null));
        }
        return done;
    }

    private record ScriptedLock(Script script, Trace trace) implements Lock {

        @Override
        public @Nullable LeaderElectionRecord get(KubernetesClient client) {
            return switch (script.look(trace.look())) {
                case ABSENT -> null;
                case FREE -> record("");
                case OURS -> record(identity());
                case HELD -> record("other");
                case FAILS -> throw new KubernetesClientException("script");
            };
        }

        private static LeaderElectionRecord record(String holder) {
            ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
            return new LeaderElectionRecord(holder, TIMINGS.leaseDuration(), now, now, 0);
        }

        @Override
        public void create(KubernetesClient client, LeaderElectionRecord ours) {
            hold();
        }

        @Override
        public void update(KubernetesClient client, LeaderElectionRecord ours) {
            hold();
        }

        private void hold() {
            switch (script.hold(trace.hold())) {
                case DONE -> {}
                case FAILS -> throw new KubernetesClientException("script");
                case SLOW ->
                    CompletableFuture.runAsync(
                                    () -> {},
                                    CompletableFuture.delayedExecutor(
                                            script.slow().toNanos(), TimeUnit.NANOSECONDS))
                            .join();
            }
        }

        @Override
        public String identity() {
            return "us";
        }

        @Override
        public String describe() {
            return "scripted";
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesWhatIsFreeAndRenewsItAtOnceThenOncePerRetryPeriod(Kind kind) {
        Trace trace = kind.play(Script.of(List.of(Look.FREE, Look.OURS), List.of(Hold.DONE)), TIMINGS, 12);

        assertThat(trace.names())
                .containsExactly(
                        "look", "hold", "look", "hold", "look", "hold", "look", "hold", "look", "hold", "look", "hold");
        // Late ones are made up for, so only all together are sure not to come too soon.
        assertThat(trace.between(0, 10))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(4).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void takesWhatIsAbsent(Kind kind) {
        Trace trace = kind.play(Script.of(List.of(Look.ABSENT, Look.OURS), List.of(Hold.DONE)), TIMINGS, 4);

        assertThat(trace.names()).containsExactly("look", "hold", "look", "hold");
    }

    @ParameterizedTest
    @EnumSource
    void looksAgainAfterARetryPeriodOrMoreWhileAnotherHolds(Kind kind) {
        Trace trace = kind.play(Script.of(List.of(Look.HELD), List.of(Hold.DONE)), TIMINGS, 8);

        assertThat(trace.names()).containsOnly("look");
        assertThat(trace.between(0, 7))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(7).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void looksAgainAfterAFailedLook(Kind kind) {
        Trace trace = kind.play(
                Script.of(List.of(Look.FAILS, Look.FAILS, Look.FREE, Look.OURS), List.of(Hold.DONE)), TIMINGS, 6);

        assertThat(trace.names()).containsExactly("look", "look", "look", "hold", "look", "hold");
        assertThat(trace.between(0, 2))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(2).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void looksAgainAfterAFailedWriteWhileItCampaigns(Kind kind) {
        Trace trace = kind.play(
                Script.of(
                        List.of(Look.FREE, Look.FREE, Look.FREE, Look.OURS),
                        List.of(Hold.FAILS, Hold.FAILS, Hold.DONE)),
                TIMINGS,
                8);

        assertThat(trace.names()).containsExactly("look", "hold", "look", "hold", "look", "hold", "look", "hold");
        assertThat(trace.between(0, 4))
                .isGreaterThan(TIMINGS.retryPeriod().multipliedBy(2).minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void endsWhenAnotherHoldsWhatItHeld(Kind kind) {
        Trace trace = kind.play(Script.of(List.of(Look.FREE, Look.OURS, Look.HELD), List.of(Hold.DONE)), TIMINGS, 20);

        assertThat(trace.names()).containsExactly("look", "hold", "look", "hold", "look", "end");
    }

    @ParameterizedTest
    @EnumSource
    void writesAgainWhatItHeldAndFindsFreeOrAbsent(Kind kind) {
        Trace trace = kind.play(
                Script.of(List.of(Look.FREE, Look.OURS, Look.FREE, Look.ABSENT, Look.OURS), List.of(Hold.DONE)),
                TIMINGS,
                10);

        assertThat(trace.names())
                .containsExactly("look", "hold", "look", "hold", "look", "hold", "look", "hold", "look", "hold");
    }

    @ParameterizedTest
    @EnumSource
    void leavesAFailedRenewalToTheNextAttempt(Kind kind) {
        Trace trace = kind.play(
                Script.of(
                        List.of(Look.FREE, Look.OURS, Look.FAILS, Look.OURS),
                        List.of(Hold.DONE, Hold.FAILS, Hold.FAILS, Hold.DONE)),
                TIMINGS,
                11);

        assertThat(trace.names())
                .containsExactly(
                        "look", "hold", "look", "hold", "look", "look", "hold", "look", "hold", "look", "hold");
    }

    @ParameterizedTest
    @EnumSource
    void endsARenewDeadlineAfterTheLastRenewal(Kind kind) {
        Timings timings = new Timings(ms(500), ms(400), ms(20));
        Trace trace = kind.play(
                Script.of(List.of(Look.FREE, Look.OURS), List.of(Hold.DONE, Hold.DONE, Hold.FAILS)), timings, 100);

        List<String> names = trace.names();
        assertThat(names)
                .startsWith("look", "hold", "look", "hold", "look", "hold")
                .endsWith("look", "hold", "end");
        assertThat(names).filteredOn("end"::equals).hasSize(1);
        assertThat(trace.between(3, names.size() - 1))
                .isGreaterThan(timings.renewDeadline().minus(CLOCK));
    }

    @ParameterizedTest
    @EnumSource
    void doesNotEndOfAFailureBeforeItHasLed(Kind kind) {
        Timings timings = new Timings(ms(100), ms(60), ms(20));
        Trace trace = kind.play(Script.of(List.of(Look.FREE), List.of(Hold.FAILS)), timings, 16);

        assertThat(trace.names()).containsOnly("look", "hold");
        assertThat(trace.between(0, 14)).isGreaterThan(timings.renewDeadline());
    }

    @ParameterizedTest
    @EnumSource
    void catchesUpAfterAStall(Kind kind) {
        Timings patient = new Timings(ms(9_000), ms(8_000), ms(50));
        int stalled = 10;
        Trace trace = kind.play(
                new Script(
                        List.of(Look.FREE, Look.OURS),
                        List.of(Hold.DONE, Hold.SLOW, Hold.DONE),
                        patient.retryPeriod().multipliedBy(stalled)),
                patient,
                2 * (stalled + 2));

        assertThat(trace.names()).doesNotContain("end");
        // Without catching up it would take twice as long.
        assertThat(trace.between(2, trace.names().size() - 1))
                .isBetween(
                        patient.retryPeriod().multipliedBy(stalled).minus(CLOCK),
                        patient.retryPeriod().multipliedBy(stalled + stalled / 2));
    }
}
