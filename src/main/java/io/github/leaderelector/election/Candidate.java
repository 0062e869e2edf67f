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

/**
 * One replica in the election: campaigns while it wants to lead, renews while it leads, and resigns in order.
 *
 * <p>Whether it wants to lead is one state: the {@link Reasons} against it. The way out is always the same: stop
 * claiming, wait until every sign is taken back and the {@link Drain} is over, release. It is gone to its end, even if
 * the reason for it is gone meanwhile; only then is it a candidate again.
 *
 * <p>Safe for use by many threads: claiming stops on the thread that asks for it, all else happens on the election's.
 */
final class Candidate implements Candidacy {

    private final LeadershipHub hub;
    private final Campaign campaign;
    private final Tenure tenure;
    private final Drain drain;
    private final LeaseWriter writer;
    private final ElectionThread thread;
    private final Ticker ticker;

    // Guarded by this, and changed together with what the hub says of them.
    private Reasons reasons = Reasons.NONE;
    private CompletableFuture<Boolean> out = CompletableFuture.completedFuture(true);

    Candidate(
            LeadershipHub hub,
            Campaign campaign,
            Tenure tenure,
            Drain drain,
            LeaseWriter writer,
            ElectionThread thread,
            Ticker ticker) {
        this.hub = hub;
        this.campaign = campaign;
        this.tenure = tenure;
        this.drain = drain;
        this.writer = writer;
        this.thread = thread;
        this.ticker = ticker;
    }

    /**
     * Does what the state calls for. To be called on the election's thread whenever that may have changed; how often
     * does not matter.
     */
    void evaluate() {
        switch (hub.current().phase()) {
            case LEADING -> {
                campaign.suspend();
                tenure.begin();
            }
            case RESIGNED -> {
                campaign.suspend();
                tenure.end();
            }
            case UNKNOWN, FOLLOWING -> {
                tenure.end();
                campaign.evaluate();
            }
        }
    }

    @Override
    public void resign(Reason reason) {
        var unused = leave(reason);
    }

    /**
     * As {@link #resign}.
     *
     * @return completes with whether the Lease is free of us; never, if a sign cannot be taken back, since then the
     *     Lease must not be given to others before it expires
     */
    synchronized CompletableFuture<Boolean> leave(Reason reason) {
        boolean wasCandidate = reasons.isEmpty();
        reasons = reasons.with(reason);
        boolean led = hub.observe(new ResignRequested(reasons.foremost())).leads(ticker.now());
        // Else it is on its way out already, and has to wait as long as it did.
        if (wasCandidate && out.isDone()) {
            out = thread.call(() -> release(led));
            var unused = out.whenComplete((free, thrown) -> thread.execute(this::campaignUnlessReasons));
        }
        return out;
    }

    private CompletableFuture<Boolean> release(boolean led) {
        evaluate();
        CompletableFuture<Void> drained = led ? drain.begin() : CompletableFuture.completedFuture(null);
        return thread.receive(CompletableFuture.allOf(hub.told(), drained)).thenCompose(done -> writer.release());
    }

    @Override
    public synchronized void campaign(Code kind) {
        reasons = reasons.without(kind);
        if (!reasons.isEmpty()) {
            hub.observe(new ResignRequested(reasons.foremost()));
        }
        thread.execute(this::campaignUnlessReasons);
    }

    private void campaignUnlessReasons() {
        synchronized (this) {
            if (!reasons.isEmpty() || !out.isDone() || hub.current().phase() != Phase.RESIGNED) {
                return;
            }
            hub.observe(new CampaignAllowed());
        }
        campaign.begin();
        evaluate();
    }

    @Override
    public synchronized boolean stepDown(Duration cooldown) {
        if (!hub.leads()) {
            return false;
        }
        resign(new Reason(
                Code.STEP_DOWN,
                "This replica was asked to step down, and does not campaign until its cooldown is over."));
        thread.execute(() -> thread.alarm().set(cooldown, () -> campaign(Code.STEP_DOWN)));
        return true;
    }

    @Override
    public boolean drained() {
        return drain.end();
    }
}
