package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class LeadershipHubTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub = new LeadershipHub("pod-a", LEASE, RENEW_DEADLINE, ticker);
    private long version;

    @Test
    void beginsWithNothingSeen() {
        assertThat(hub.current()).isEqualTo(Leadership.unknown("pod-a", LEASE, ticker.now()));
        assertThat(hub.leads()).isFalse();
        assertThat(hub.transitions(0)).isEmpty();
    }

    @Test
    void readersNeverSeeAClaimAfterItsEnd() {
        take();
        ticker.advance(RENEW_DEADLINE.minusNanos(1));
        assertThat(hub.leads()).isTrue();
        assertThat(hub.current().phase()).isEqualTo(Phase.LEADING);

        ticker.advance(Duration.ofNanos(1));

        assertThat(hub.leads()).isFalse();
        assertThat(hub.current().phase()).isEqualTo(Phase.FOLLOWING);
        assertThat(hub.current().reason().code()).isEqualTo(Reason.Code.RENEW_DEADLINE);
    }

    @Test
    void aWallClockThatRanAheadAsAfterASuspendedMachineEndsTheClaim() {
        take();
        ticker.stepWall(RENEW_DEADLINE);

        assertThat(hub.leads()).isFalse();
        assertThat(hub.current().reason().code()).isEqualTo(Reason.Code.SUSPENDED);
    }

    @Test
    void theFirstReaderAfterTheEndOfAClaimNotifiesTheObservers() {
        List<Phase> told = new ArrayList<>();
        take();
        hub.subscribe("observer", Runnable::run, leadership -> told.add(leadership.phase()));
        ticker.advance(RENEW_DEADLINE);

        hub.current();

        assertThat(told).containsExactly(Phase.LEADING, Phase.FOLLOWING);
    }

    @Test
    void anObserverIsToldTheStateAtOnceAndThenEveryChangeButNothingTwice() {
        List<String> told = new ArrayList<>();
        hub.subscribe("observer", Runnable::run, leadership -> told.add(leadership.holder()));

        see("pod-b");
        hub.observe(new Observation.TimePassed());
        see("pod-c");

        assertThat(told).containsExactly(null, "pod-b", "pod-c");
    }

    @Test
    void anObserverThatIsBusySkipsStatesInBetween() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        List<String> told = new ArrayList<>();
        hub.subscribe("observer", tasks::add, leadership -> told.add(leadership.holder()));

        see("pod-b");
        see("pod-c");
        see("pod-d");

        assertThat(tasks).hasSize(1);
        run(tasks);
        assertThat(told).containsExactly("pod-d");
        assertThat(tasks).isEmpty();
    }

    @Test
    void whatChangesWhileAnObserverWorksIsToldAfterwards() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        List<String> told = new ArrayList<>();
        hub.subscribe("observer", tasks::add, leadership -> {
            told.add(leadership.holder());
            if (leadership.holder() == null) {
                see("pod-b");
                assertThat(tasks).as("told by two threads at once").isEmpty();
            }
        });

        run(tasks);

        assertThat(told).containsExactly(null, "pod-b");
    }

    @Test
    void toldWaitsForEverySign() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        hub.subscribeSign("quick", Runnable::run, leadership -> {});
        hub.subscribeSign("slow", tasks::add, leadership -> {});
        run(tasks);
        assertThat(hub.told()).isCompleted();

        see("pod-b");
        CompletableFuture<Void> told = hub.told();

        assertThat(told).isNotDone();
        run(tasks);
        assertThat(told).isCompleted();
    }

    @Test
    void toldDoesNotWaitForObserversThatAreNoSigns() {
        hub.subscribe("log", task -> {}, leadership -> {});
        hub.subscribeSign("file", Runnable::run, leadership -> {});

        see("pod-b");

        assertThat(hub.told()).isCompleted();
    }

    @Test
    void toldWaitsForASignThatFailsUntilItSucceeds() {
        List<Leadership> told = new ArrayList<>();
        boolean[] broken = {true};
        hub.subscribeSign("file", Runnable::run, leadership -> {
            told.add(leadership);
            if (broken[0]) {
                throw new IOException("disk full");
            }
        });
        CompletableFuture<Void> waiting = hub.told();
        hub.retell();
        assertThat(waiting).isNotDone();

        broken[0] = false;
        assertThat(waiting).isNotDone();
        hub.retell();

        assertThat(waiting).isCompleted();
        assertThat(told).hasSize(3);
    }

    @Test
    void aFailingObserverDoesNotKeepOthersFromBeingTold() {
        List<String> told = new ArrayList<>();
        hub.subscribe("broken", Runnable::run, leadership -> {
            throw new IllegalStateException("broken");
        });
        hub.subscribe("sound", Runnable::run, leadership -> told.add(leadership.holder()));

        see("pod-b");

        assertThat(told).containsExactly(null, "pod-b");
    }

    @Test
    void anObserverThatFailsIsLoggedOnceUntilItHasSucceeded() {
        boolean[] broken = {true};
        try (CollectedLog log = new CollectedLog(LeadershipHub.class.getPackageName())) {
            hub.subscribe("file", Runnable::run, leadership -> {
                if (broken[0]) {
                    throw new IOException("disk full");
                }
            });
            hub.retell();
            assertThat(log.lines()).containsExactly("WARN LE-108 file: disk full");

            broken[0] = false;
            hub.retell();
            broken[0] = true;
            hub.retell();
            assertThat(log.lines()).hasSize(2);
        }
    }

    @Test
    void anObserverThatIsInterruptedLeavesItsThreadInterrupted() {
        hub.subscribe("file", Runnable::run, leadership -> {
            throw new InterruptedException();
        });

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void toldOfALaterStateCountsForAnEarlierOne() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        hub.subscribeSign("observer", tasks::add, leadership -> {});
        see("pod-b");
        CompletableFuture<Void> earlier = hub.told();
        see("pod-c");

        run(tasks);

        assertThat(earlier).isCompleted();
    }

    @Test
    void retellTellsTheSameStateAgain() {
        List<Leadership> told = new ArrayList<>();
        hub.subscribe("observer", Runnable::run, told::add);

        hub.retell();

        assertThat(told).containsExactly(hub.current(), hub.current());
    }

    @Test
    void anExecutorThatRejectsWorkSilencesItsObserverOnly() {
        List<String> told = new ArrayList<>();
        hub.subscribe(
                "stopped",
                task -> {
                    throw new RejectedExecutionException();
                },
                leadership -> told.add("stopped"));
        hub.subscribe("running", Runnable::run, leadership -> told.add("running"));

        see("pod-b");

        assertThat(told).containsExactly("running", "running");
    }

    @Test
    void remembersChangesOfLeadershipAndOnlyThose() {
        see("pod-b");
        see("pod-b");
        hub.observe(new Observation.ApiFailed("500"));
        take();
        renew();
        hub.observe(new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "Stopping.")));
        see("pod-b");

        List<Transition> all = hub.transitions(0);

        assertThat(all).extracting(Transition::sequence).containsExactly(1L, 2L, 3L, 4L);
        assertThat(all).extracting(t -> t.after().holder()).containsExactly("pod-b", "pod-a", "pod-a", "pod-b");
        assertThat(all).extracting(Transition::began).containsExactly(false, true, false, false);
        assertThat(all).extracting(Transition::ceased).containsExactly(false, false, true, false);
        assertThat(hub.transitions(2)).isEqualTo(all.subList(2, 4));
    }

    @Test
    void remembersOnceThatAnotherProcessHasOurIdentity() {
        see("pod-a");

        hub.observe(new LeaseSeen(lease("pod-a"), Writer.NAMESAKE, true));
        hub.observe(new LeaseSeen(lease("pod-a"), Writer.NAMESAKE, true));
        hub.observe(new Observation.ApiFailed("500"));

        assertThat(hub.transitions(1))
                .singleElement()
                .satisfies(
                        change -> assertThat(change.after().reason().code()).isEqualTo(Reason.Code.IDENTITY_CONFLICT));
    }

    @Test
    void remembersOnlyTheLastChanges() {
        int changes = LeadershipHub.REMEMBERED_TRANSITIONS + 7;
        for (int i = 0; i < changes; i++) {
            see("pod-" + i);
        }

        List<Transition> remembered = hub.transitions(0);

        assertThat(remembered).hasSize(LeadershipHub.REMEMBERED_TRANSITIONS);
        assertThat(remembered.get(0).sequence()).isEqualTo(8);
        assertThat(remembered.get(remembered.size() - 1).sequence()).isEqualTo(changes);
    }

    @Test
    void theGapOfAChangeIsTheTimeWithoutAHolder() {
        see("pod-b");
        see(null);
        ticker.advance(Duration.ofMillis(8));
        take();

        assertThat(hub.transitions(2).get(0).gap()).isEqualTo(Duration.ofMillis(8));
    }

    @Test
    void whoHasSeenNothingBeforeKnowsOfNoGap() {
        ticker.advance(Duration.ofSeconds(1));
        take();

        assertThat(hub.transitions(0).get(0).gap()).isZero();
    }

    @Test
    void theGapAfterACrashedLeaderBeginsWhenItsLeaseExpired() {
        see("pod-b");
        ticker.advance(Duration.ofSeconds(15).plusMillis(40));
        take();

        assertThat(hub.transitions(1).get(0).gap()).isEqualTo(Duration.ofMillis(40));
    }

    @Test
    void theGapAfterAClaimThatEndedUnnoticedBeginsAtItsEnd() {
        take();
        ticker.advance(RENEW_DEADLINE.plusMillis(30));
        take();

        Transition again = hub.transitions(1).get(0);

        assertThat(again.after().fencingToken(ticker.now())).hasValue(2);
        assertThat(again.gap()).isEqualTo(Duration.ofMillis(30));
    }

    @Test
    void theLagOfAnObserverIsHowLongItTookToApplyAChange() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        hub.subscribe("slow", tasks::add, leadership -> ticker.advance(Duration.ofMillis(3)));
        run(tasks);
        assertThat(hub.observers()).containsExactly("slow");

        see("pod-b");
        ticker.advance(Duration.ofMillis(4));
        run(tasks);

        assertThat(hub.lag("slow")).isEqualTo(Duration.ofMillis(7));
        ticker.advance(Duration.ofSeconds(100));
        hub.retell();
        run(tasks);
        assertThat(hub.lag("slow")).as("told again without a change").isEqualTo(Duration.ofMillis(7));
    }

    @Test
    void anObserverThatHangsOrFailsLagsMoreAndMore() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        List<String> told = new ArrayList<>();
        hub.subscribe("failing", tasks::add, leadership -> {
            if (told.isEmpty()) {
                throw new IOException("no space left");
            }
        });
        ticker.advance(Duration.ofSeconds(1));
        see("pod-b");
        run(tasks);
        ticker.advance(Duration.ofSeconds(2));
        see("pod-c");

        assertThat(hub.lag("failing")).as("since it was subscribed").isEqualTo(Duration.ofSeconds(3));

        told.add("works again");
        run(tasks);
        ticker.advance(Duration.ofSeconds(5));
        assertThat(hub.lag("failing")).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void anObserverLagsFromTheChangeThatCameWhileItWorked() {
        Queue<Runnable> tasks = new ArrayDeque<>();
        hub.subscribe("busy", tasks::add, leadership -> {
            if (leadership.holder() == null) {
                ticker.advance(Duration.ofSeconds(1));
                see("pod-b");
                ticker.advance(Duration.ofSeconds(1));
            }
        });

        tasks.remove().run();
        assertThat(hub.lag("busy")).isEqualTo(Duration.ofSeconds(1));

        tasks.remove().run();
        assertThat(hub.lag("busy")).isEqualTo(Duration.ofSeconds(1));
        assertThat(hub.lag("nobody")).isZero();
    }

    private void take() {
        hub.observe(new WriteAcknowledged(lease("pod-a"), ticker.now()));
    }

    private void renew() {
        take();
    }

    private void see(String holder) {
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
    }

    private ObservedLease lease(String holder) {
        version++;
        return new ObservedLease(
                holder,
                1,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }

    private static void run(Queue<Runnable> tasks) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }
}
