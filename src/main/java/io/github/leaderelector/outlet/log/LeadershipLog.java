package io.github.leaderelector.outlet.log;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Transition;
import io.github.leaderelector.text.ForeignText;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Logs each change of leadership as one line. For one thread at a time. */
@Singleton
public final class LeadershipLog implements LeadershipObserver {

    private static final Logger LOG = Logger.getLogger(LeadershipLog.class);

    private final LeadershipHub hub;
    private long logged;

    /** Logs the changes that {@code hub} remembers. */
    public LeadershipLog(LeadershipHub hub) {
        this.hub = hub;
    }

    /** Logs the changes since the last call. */
    @Override
    public void onLeadership(Leadership leadership) {
        for (Transition transition : hub.transitions(logged)) {
            long missed = transition.sequence() - logged - 1;
            if (missed > 0) {
                LOG.warnf("LE-106 %d changes of leadership came too fast to be logged.", missed);
            }
            logged = transition.sequence();
            log(transition);
        }
    }

    /** Each line has the change as a parameter, for {@link LogFields}. */
    private static void log(Transition change) {
        Leadership after = change.after();
        Claim claim = after.claim();
        if (claim != null) {
            LOG.infof(
                    "LE-101 %s leads: took Lease %s (term %d, token %d)%s.",
                    after.identity(), after.lease(), after.term(), claim.fencingToken(), gap(change), change);
        } else if (after.reason().code() == Reason.Code.IDENTITY_CONFLICT) {
            LOG.errorf(
                    "LE-105 %s does not lead: %s",
                    after.identity(), after.reason().text(), change);
        } else if (change.before().claim() != null) {
            LOG.infof(
                    "LE-102 %s no longer leads: %s",
                    after.identity(), after.reason().text(), change);
        } else {
            logHolder(change);
        }
    }

    private static void logHolder(Transition change) {
        Leadership after = change.after();
        @Nullable String holder = after.holder();
        if (holder == null) {
            LOG.debugf("LE-107 Nobody holds Lease %s.", after.lease(), change);
        } else if (holder.equals(after.identity())) {
            LOG.infof(
                    "LE-104 %s does not lead, though Lease %s bears its name: %s",
                    after.identity(), after.lease(), after.reason().text(), change);
        } else {
            LOG.infof(
                    "LE-103 %s holds Lease %s (term %d)%s.",
                    ForeignText.name(holder), after.lease(), after.term(), gap(change), change);
        }
    }

    private static String gap(Transition change) {
        return change.gap().isZero() ? "" : ", " + change.gap().toMillis() + " ms without a leader";
    }
}
