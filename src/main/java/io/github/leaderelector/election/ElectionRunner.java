package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs one elector after the other: starts a new one whenever there is a reason to reach for the Lease now, and
 * whenever one has ended or fallen silent.
 *
 * <p>A sleeping elector cannot be woken, only replaced; the first thing a new one does is an attempt. Everything here
 * happens on one thread, which is the electors' own, so no attempt is ever under way when one is replaced.
 */
final class ElectionRunner {

    /** An elector that has not called for as many retry periods is taken for dead. */
    private static final int SILENT_PERIODS = 4;

    /** A holder silent for as many retry periods makes a follower ask whether it, or the watch, is. */
    private static final double SUSPICIOUS_PERIODS = 1.5;

    private final LeaseTracker tracker;
    private final LeaseSession session;
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final Timings timings;
    private final Elector.Factory electors;
    private final ScheduledExecutorService executor;
    private final RandomGenerator random;
    private final HandoverPause handoverPause;
    private final Succession succession;
    private final String identity;
    private final WatchTrust watch;

    private @Nullable Elector elector;
    private boolean campaigning;
    private @Nullable Future<?> alarm;
    private long pausedForVersion = -1;
    private Duration pause = Duration.ZERO;
    private @Nullable Duration drawn;
    private long triedVersion = -1;
    private long notBeforeNanos;
    private long askedAboutVersion = -1;
    private boolean trustedBefore;
    private volatile long lastTickNanos;

    /** What the runner needs of the watch. */
    interface WatchTrust {
        /** Whether the watch can be trusted. */
        boolean trusted();

        /** Lets the watch compare what it has with what is known otherwise. */
        void check();
    }

    ElectionRunner(
            LeaseTracker tracker,
            LeaseSession session,
            String identity,
            LeadershipHub hub,
            Succession succession,
            Ticker ticker,
            Timings timings,
            Elector.Factory electors,
            ScheduledExecutorService executor,
            RandomGenerator random,
            WatchTrust watch) {
        this.tracker = tracker;
        this.session = session;
        this.identity = identity;
        this.hub = hub;
        this.succession = succession;
        this.ticker = ticker;
        this.timings = timings;
        this.electors = electors;
        this.executor = executor;
        this.random = random;
        this.handoverPause = new HandoverPause(random);
        this.watch = watch;
        this.lastTickNanos = ticker.nanoTime();
    }

    /**
     * Begins to follow what happens.
     *
     * @param campaign whether to campaign, too, with an attempt at once; else from {@link #resume} on
     */
    void start(boolean campaign) {
        post(() -> {
            campaigning = campaign;
            if (campaign) {
                tryNow();
            }
            tick();
        });
    }

    /** Stops to campaign: no new attempt is made. A call under way ends by itself. */
    void stop() {
        post(() -> {
            campaigning = false;
            succession.evaluate(false);
            cancelAlarm();
            if (elector != null) {
                elector.cancel();
                elector = null;
            }
        });
    }

    /** Campaigns again after {@link #stop}. */
    void resume() {
        post(() -> {
            if (!campaigning) {
                campaigning = true;
                triedVersion = -1;
                evaluate();
            }
        });
    }

    /** Something changed that may call for action; from any thread. */
    void changed() {
        post(this::evaluate);
    }

    /** The monotonic time, in nanoseconds, at which this runner last showed that it lives. */
    long lastTickNanos() {
        return lastTickNanos;
    }

    /** How often {@link #lastTickNanos} moves on while all is well, calls to the API server aside. */
    Duration tickPeriod() {
        Duration half = timings.retryPeriod().dividedBy(2);
        return half.compareTo(Duration.ofSeconds(1)) < 0 ? half : Duration.ofSeconds(1);
    }

    private void tick() {
        lastTickNanos = ticker.nanoTime();
        try {
            watch.check();
            askIfHolderIsSilent();
            evaluate();
        } finally {
            var unused = postIn(this::tick, tickPeriod());
        }
    }

    private void evaluate() {
        cancelAlarm();
        if (!campaigning) {
            return;
        }
        boolean trusted = watch.trusted();
        succession.evaluate(trusted);
        long now = ticker.nanoTime();
        if (trustedBefore && !trusted) {
            // Not at once: the watches of all sidecars may have broken at this moment.
            notBeforeNanos = later(
                    notBeforeNanos, now + random.nextLong(timings.retryPeriod().toNanos() / 2));
        }
        trustedBefore = trusted;
        if (hub.leads()) {
            if (elector == null || now - session.lastCallNanos() > silence().toNanos()) {
                replaceElector();
            }
            return;
        }
        long due = due(now);
        if (due - now <= 0) {
            tryNow();
        } else if (due - now < tickPeriod().toNanos()) {
            alarm = postIn(this::evaluate, Duration.ofNanos(due - now));
        }
    }

    /** When the next attempt is due. */
    private long due(long now) {
        Standing standing = tracker.standing();
        long version = tracker.version();
        long retry = version == triedVersion ? notBeforeNanos : now;
        if (standing instanceof Standing.Free free) {
            return later(free.sinceNanos() + (free.contested() ? pauseFor(version) : 0), retry);
        }
        if (standing instanceof Standing.Lapsed lapsed) {
            return later(lapsed.sinceNanos() + pauseFor(version), retry);
        }
        if (standing instanceof Standing.Held held) {
            long expiry = held.untilNanos() + pauseFor(version);
            return watch.trusted() || expiry - notBeforeNanos < 0 ? expiry : notBeforeNanos;
        }
        return retry;
    }

    private static long later(long a, long b) {
        return a - b > 0 ? a : b;
    }

    private long pauseFor(long version) {
        if (version != pausedForVersion) {
            pausedForVersion = version;
            Optional<LeaseDocument> lease = tracker.document();
            @Nullable String successor = lease.map(LeaseDocument::successor).orElse(null);
            if (identity.equals(successor)) {
                drawn = null;
                pause = Duration.ZERO;
            } else {
                drawn = handoverPause.draw(lease.flatMap(LeaseDocument::handoverWindow));
                pause = successor == null ? drawn : drawn.plus(HandoverPause.HEAD_START);
            }
        }
        return pause.toNanos();
    }

    private void tryNow() {
        cancelAlarm();
        triedVersion = tracker.version();
        long period = timings.retryPeriod().toNanos();
        notBeforeNanos = ticker.nanoTime() + period / 2 + random.nextLong(period / 2);
        if (contested(tracker.standing())) {
            reach();
        } else {
            replaceElector();
        }
    }

    private static boolean contested(Standing standing) {
        return standing instanceof Standing.Lapsed || (standing instanceof Standing.Free free && free.contested());
    }

    /**
     * The first grasp at a Lease that others want, too, is made from here: an elector would come to it two threads
     * later. When it succeeds, a new elector finds the Lease ours and goes on from there.
     */
    private void reach() {
        var unused = session.reach(drawn).whenComplete((done, failure) -> {
            if (failure == null) {
                post(() -> {
                    if (campaigning) {
                        replaceElector();
                    }
                });
            }
            // Otherwise whoever was faster will be seen; if nobody was, it is tried again after a while.
        });
    }

    private void replaceElector() {
        if (elector != null) {
            elector.cancel();
        }
        Elector next = electors.create();
        elector = next;
        CompletableFuture<?> ended = next.start();
        var unused = ended.whenComplete((value, thrown) -> post(() -> ended(next)));
    }

    private void ended(Elector old) {
        if (old == elector) {
            elector = null;
            evaluate();
        }
    }

    private void askIfHolderIsSilent() {
        if (hub.leads() || !watch.trusted() || !(tracker.standing() instanceof Standing.Held)) {
            return;
        }
        long version = tracker.version();
        Duration usual = tracker.lastInterval().compareTo(timings.leaseDuration()) < 0
                        && tracker.lastInterval().compareTo(timings.retryPeriod()) > 0
                ? tracker.lastInterval()
                : timings.retryPeriod();
        long silent = ticker.nanoTime() - tracker.observedNanos();
        if (version != askedAboutVersion && silent > usual.toNanos() * SUSPICIOUS_PERIODS) {
            askedAboutVersion = version;
            // Its failure is logged where it happens, and the next attempt asks again.
            var unused = session.refresh().exceptionally(failure -> null);
        }
    }

    private Duration silence() {
        return timings.retryPeriod().multipliedBy(SILENT_PERIODS);
    }

    private void cancelAlarm() {
        if (alarm != null) {
            alarm.cancel(false);
            alarm = null;
        }
    }

    private void post(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The executor is shut down last of all; there is nothing left to do.
        }
    }

    private @Nullable Future<?> postIn(Runnable task, Duration delay) {
        try {
            return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            return null;
        }
    }
}
