package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks once, when another's Lease is not seen to be renewed as usual, whether its holder is silent or the watch is; and
 * reports a holder that is silent while its Lease will be valid for long. For the election's thread only.
 */
final class SilentHolderCheck {

    private static final Logger LOG = Logger.getLogger(SilentHolderCheck.class);

    /** A holder is unusually silent after as many of its renewal periods. */
    private static final double PERIODS = 1.5;

    /** How much longer than a lease duration a Lease has to be valid to be reported. */
    private static final int LONG = 4;

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

    /** Asks or reports if it is time to, and sets an alarm for when it will be. */
    void evaluate() {
        if (!(view.standing() instanceof Standing.Held held)) {
            alarm.cancel();
            return;
        }
        Duration silent = Duration.ofNanos(ticker.nanoTime() - view.observedNanos());
        Duration unusual = Duration.ofNanos((long) (usualPeriod().toNanos() * PERIODS));
        if (silent.compareTo(unusual) < 0) {
            alarm.set(unusual.minus(silent), this::evaluate);
        } else if (view.current() && view.version() != askedVersion) {
            askedVersion = view.version();
            // Its failure is reported where it happens, and the next attempt asks again.
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
        if (left.compareTo(timings.leaseDuration().multipliedBy(LONG)) >= 0
                && !held.holder().equals(reported)) {
            reported = held.holder();
            LOG.warnf(
                    "LE-216 Lease %s is held by '%s' until %s and has not been renewed for %d s: nobody else can lead"
                            + " before. If its holder is gone: kubectl delete lease -n %s %s",
                    lease,
                    ForeignText.name(held.holder()),
                    ticker.wallTime().plus(left).truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                    timings.leaseDuration().toSeconds(),
                    lease.namespace(),
                    lease.name());
        }
    }
}
