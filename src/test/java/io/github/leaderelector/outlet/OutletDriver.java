package io.github.leaderelector.outlet;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Plays the election for the outlets of a running application. */
@Singleton
public final class OutletDriver {

    private final LeadershipHub hub;
    private final ManualTicker ticker;

    /** Plays it for the outlets of {@code hub}, by the clocks of {@code ticker}. */
    public OutletDriver(LeadershipHub hub, ManualTicker ticker) {
        this.hub = hub;
        this.ticker = ticker;
    }

    /** A new tenure of ours, in term 7; returns its fencing token. */
    public long lead() {
        hub.observe(new ResignRequested(new Reason(Reason.Code.STEP_DOWN, "Asked to step down.")));
        hub.observe(new CampaignAllowed());
        ObservedLease lease = lease("pod-a");
        hub.observe(new WriteAcknowledged(lease, ticker.now()));
        return lease.resourceVersion();
    }

    /** Another holds the Lease in term 7; nobody, if null. */
    public void follow(String holder) {
        hub.observe(new LeaseSeen(lease("somebody"), Writer.OTHER, true));
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
    }

    private ObservedLease lease(String holder) {
        ObservedLease last = hub.current().observed();
        return new ObservedLease(
                holder,
                7,
                last == null ? 10_542 : last.resourceVersion() + 1,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
