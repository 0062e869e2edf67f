package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Takes this replica out of the election and back in.
 *
 * <p>The way out is always the same: stop claiming, wait until every sign of it is taken back and the {@link Drain} is
 * over, release. It is gone to its end, even if there is no reason for it any more meanwhile; only then does the way
 * back in begin. Safe for use by many threads.
 */
final class Candidate implements Candidacy {

    private final LeadershipHub hub;
    private final LeaseSession session;
    private final ElectionRunner runner;
    private final Drain drain;
    private final Ticker ticker;
    private final ScheduledExecutorService executor;

    private StandBack standBack = StandBack.NONE;
    private CompletableFuture<Boolean> out = CompletableFuture.completedFuture(true);

    Candidate(
            LeadershipHub hub,
            LeaseSession session,
            ElectionRunner runner,
            Drain drain,
            Ticker ticker,
            ScheduledExecutorService executor) {
        this.hub = hub;
        this.session = session;
        this.runner = runner;
        this.drain = drain;
        this.ticker = ticker;
        this.executor = executor;
    }

    /** Begins to campaign, unless there is a reason not to. */
    synchronized void start() {
        runner.start(standBack.candidate());
    }

    @Override
    public void standBack(Reason reason) {
        var unused = leave(reason);
    }

    /**
     * As {@link #standBack}.
     *
     * @return completes with whether the Lease is free of us; never, if a sign cannot be taken back, since then the
     *     Lease must not be given to others before it expires
     */
    synchronized CompletableFuture<Boolean> leave(Reason reason) {
        boolean wasCandidate = standBack.candidate();
        standBack = standBack.with(reason);
        boolean led = hub.observe(new ResignRequested(standBack.foremost())).leads(ticker.now());
        // Else it is on its way out already, and has to wait as long as it did, whoever has thought better of it since.
        if (wasCandidate && out.isDone()) {
            runner.stop();
            CompletableFuture<Void> drained = led ? drain.begin() : CompletableFuture.completedFuture(null);
            out = CompletableFuture.allOf(hub.told(), drained).thenCompose(done -> session.release());
            var unused = out.whenComplete((free, thrown) -> in(Duration.ZERO, this::campaignIfNothingSpeaksAgainst));
        }
        return out;
    }

    @Override
    public synchronized void comeBack(Code kind) {
        standBack = standBack.without(kind);
        if (standBack.candidate()) {
            campaignIfNothingSpeaksAgainst();
        } else {
            hub.observe(new ResignRequested(standBack.foremost()));
        }
    }

    private synchronized void campaignIfNothingSpeaksAgainst() {
        if (standBack.candidate() && out.isDone() && hub.current().phase() == Phase.RESIGNED) {
            hub.observe(new CampaignAllowed());
            runner.resume();
        }
    }

    @Override
    public synchronized boolean stepDown(Duration cooldown) {
        if (!hub.leads()) {
            return false;
        }
        standBack(new Reason(
                Code.STEP_DOWN,
                "This replica was asked to step down, and does not campaign until its cooldown is over."));
        in(cooldown, () -> comeBack(Code.STEP_DOWN));
        return true;
    }

    @Override
    public synchronized boolean drained() {
        return drain.end();
    }

    private void in(Duration delay, Runnable task) {
        try {
            var unused = executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            // The election is closed; there is nothing to come back to.
        }
    }
}
