package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the Lease once when its holder has not been seen to renew it for longer than usual, to find out whether the
 * holder or the watch is silent. Logs a silent holder whose Lease is valid for a long time. For the election's thread
 * only.
 */
final class SilentHolderCheck {

    private static final Logger LOG = Logger.getLogger(SilentHolderCheck.class);

    /** After how many of its renewal periods a holder counts as silent. */
    private static final double SILENT_PERIODS = 1.5;

    /** A silent holder is logged if its Lease is valid for this many further lease durations or more. */
    private static final int LONG_LEASES = 4;

    private final LeaseRef lease;
    private final Timings timings;
    private final LeaseView view;
    private final LeaseReader reader;
    private final Ticker ticker;
    private final ElectionThread.Alarm alarm;

    private long askedVersion = -1;
    private @Nullable String reported;

    SilentHolderCheck(
            ElectionSettings settings, LeaseView view, LeaseReader reader, ElectionThread thread, Ticker ticker) {
        this.lease = settings.lease();
        this.timings = settings.timings();
        this.view = view;
        this.reader = reader;
        this.ticker = ticker;
        this.alarm = thread.alarm();
    }

    /** Reads or logs if it is due; else sets an alarm for the time at which it will be. */
    void evaluate() {
        if (!(view.standing() instanceof Standing.Held held)) {
            alarm.cancel();
            return;
        }
        Duration silent = Duration.ofNanos(ticker.nanoTime() - view.observedNanos());
        Duration unusual = Duration.ofNanos((long) (usualPeriod().toNanos() * SILENT_PERIODS));
        if (silent.compareTo(unusual) < 0) {
            alarm.set(unusual.minus(silent), this::evaluate);
        } else if (view.current() && view.version() != askedVersion) {
            askedVersion = view.version();
            // ReportedLeaseApi has logged a failure, and the next attempt reads again.
            var unused = reader.read().whenComplete((read, failure) -> evaluate());
        } else if (silent.compareTo(timings.leaseDuration()) < 0) {
            alarm.set(timings.leaseDuration().minus(silent), this::evaluate);
        } else {
            report(held);
        }
    }

    private Duration usualPeriod() {
        Duration last = view.lastInterval();
        return last.compareTo(timings.leaseDuration()) < 0 && last.compareTo(timings.retryPeriod()) > 0
                ? last
                : timings.retryPeriod();
    }

    private void report(Standing.Held held) {
        Duration left = Duration.ofNanos(held.untilNanos() - ticker.nanoTime());
        if (left.compareTo(timings.leaseDuration().multipliedBy(LONG_LEASES)) >= 0
                && !held.holder().equals(reported)) {
            reported = held.holder();
            LOG.warnf(
                    "LE-216 Lease %s is held by '%s' until %s and has not been renewed for %d s: no other replica"
                            + " can lead before that. If its holder is gone: kubectl delete lease -n %s %s",
                    lease,
                    ForeignText.name(held.holder()),
                    ticker.wallTime().plus(left).truncatedTo(ChronoUnit.SECONDS),
                    timings.leaseDuration().toSeconds(),
                    lease.namespace(),
                    lease.name());
        }
    }
}
