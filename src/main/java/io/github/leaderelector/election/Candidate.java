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
 * <p>The {@link Reasons} against leading are the one state that says whether this replica wants to lead. Resigning
 * always takes the same steps: stop claiming, wait until every sign is removed and the {@link Drain} is over, release.
 * All steps are taken, even if the reason is dropped meanwhile; after that the replica is a candidate again.
 *
 * <p>Safe for use by many threads: claiming stops on the calling thread, everything else happens on the election's
 * thread.
 */
final class Candidate implements Candidacy {

    private final LeadershipHub hub;
    private final Campaign campaign;
    private final Tenure tenure;
    private final Drain drain;
    private final LeaseWriter writer;
    private final ElectionThread thread;
    private final Ticker ticker;

    // Guarded by this; changed together with the phase in the hub.
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
     * Acts on the current state: renews, campaigns, or stops both. Call it on the election's thread after each change
     * of the state; further calls do no harm.
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
     * @return completes with whether we no longer hold the Lease. Never completes if a sign cannot be removed, because
     *     then others must not get the Lease before it expires
     */
    synchronized CompletableFuture<Boolean> leave(Reason reason) {
        boolean wasCandidate = reasons.isEmpty();
        reasons = reasons.with(reason);
        boolean led = hub.observe(new ResignRequested(reasons.foremost())).leads(ticker.now());
        // Else this replica is resigning already; the release under way goes on.
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
