package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The parts of an election that know neither where answers come from nor how time passes, put together. The simulation
 * of the tests runs the same.
 */
final class ElectionParts implements ElectionRunner.WatchTrust {

    private final WorkloadMark mark;
    private final LeaseTracker tracker;
    private final LeaseSession session;
    private final LeaseWatcher watcher;
    private final ElectionRunner runner;
    private final Candidate candidate;
    private Runnable named = () -> {};
    private Elector.Factory electors = () -> {
        throw new IllegalStateException("no electors");
    };

    /**
     * @param podName the name of our pod, which may tell the workload that the Lease is marked with
     * @param drain how long the Lease is held on after a claim was dropped
     * @param observer who is told what is observed: the hub
     * @param executor the election's one thread
     */
    ElectionParts(
            LeaseApi api,
            LeaseRef ref,
            String identity,
            String podName,
            Timings timings,
            Duration drain,
            LeadershipHub hub,
            Consumer<Observation> observer,
            Ticker ticker,
            ScheduledExecutorService executor,
            RandomGenerator random) {
        this.mark = new WorkloadMark(ref, identity, PodName.of(podName).workload());
        this.tracker = new LeaseTracker(identity, timings.leaseDuration(), observer, ticker, this::changed);
        this.session = new LeaseSession(
                api, ref, identity, mark, timings, tracker, hub, ticker, this::trusted, new ProblemLog(ticker));
        this.watcher = new LeaseWatcher(api, tracker, session, ticker, executor, random, this::changed);
        Succession succession = new Succession(tracker, session, identity, executor, random, () -> named.run());
        this.runner = new ElectionRunner(
                tracker,
                session,
                identity,
                hub,
                succession,
                ticker,
                timings,
                () -> electors.create(),
                executor,
                random,
                this);
        this.candidate = new Candidate(
                hub, session, runner, new Drain(session, drain, timings.retryPeriod(), executor), ticker, executor);
    }

    /** Sets what to do each time the Lease is seen to name us as its holder's successor; before {@link #start}. */
    void onNamed(Runnable action) {
        named = action;
    }

    /** Sets who makes the electors; before {@link #start}. */
    void electors(Elector.Factory factory) {
        electors = factory;
    }

    /** Begins to watch, and to campaign unless there is a reason to stand back. Returns at once. */
    void start() {
        candidate.start();
        watcher.open();
    }

    Candidate candidate() {
        return candidate;
    }

    LeaseTracker tracker() {
        return tracker;
    }

    LeaseSession session() {
        return session;
    }

    ElectionRunner runner() {
        return runner;
    }

    /** Closes the watch. */
    void close() {
        watcher.close();
    }

    private void changed() {
        tracker.document().ifPresent(mark::check);
        runner.changed();
    }

    @Override
    public boolean trusted() {
        return watcher.trusted();
    }

    @Override
    public void check() {
        watcher.check();
    }
}
