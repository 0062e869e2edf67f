package io.github.leaderelector.apphealth;

import io.github.leaderelector.config.AppHealth.Fallback;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import java.time.Duration;

/**
 * Decides by the application's answers whether this replica is a candidate: a pure function.
 *
 * <p>A healthy replica is a candidate. An unhealthy follower is not. An unhealthy leader stays a candidate until its
 * application has failed a number of times in a row.
 *
 * <p>With {@link Fallback#ANYONE}, an unhealthy replica becomes a candidate when the Lease has been free for a lease
 * duration: there is no healthy replica then, because it would have taken the Lease at once. If the unhealthy replica
 * then leads, it resigns again after {@value #FALLBACK_LEASES} lease durations, so that a replica that has become
 * healthy can take the lead. Until the next takeover, there is no leader for one lease duration.
 */
final class HealthRule {

    private static final int FALLBACK_LEASES = 10;

    private final int failures;
    private final Fallback fallback;
    private final Duration leaseDuration;

    /**
     * The state of a replica.
     *
     * @param failures how many times in a row its application was not healthy
     * @param candidate whether it is a candidate
     * @param byFallback whether it is a candidate by the fallback, although its application is not healthy
     */
    record State(int failures, boolean candidate, boolean byFallback) {

        /** The state before the first answer. */
        static final State UNKNOWN = new State(0, false, false);

        private static final State HEALTHY = new State(0, true, false);
    }

    /** @param failures how many times in a row a leader's application must fail before the leader resigns */
    HealthRule(int failures, Fallback fallback, Duration leaseDuration) {
        this.failures = failures;
        this.fallback = fallback;
        this.leaseDuration = leaseDuration;
    }

    /** The state after an answer. */
    State next(State state, boolean healthy, Leadership leadership, Moment now) {
        if (healthy) {
            return State.HEALTHY;
        }
        int failed = Math.min(state.failures(), Integer.MAX_VALUE - 1) + 1;
        if (leadership.leads(now)) {
            boolean mayStay = failed < failures
                    || (state.byFallback()
                            && now.since(leadership.since()).compareTo(leaseDuration.multipliedBy(FALLBACK_LEASES))
                                    < 0);
            return new State(failed, mayStay, mayStay && state.byFallback());
        }
        boolean nobodyElse =
                fallback == Fallback.ANYONE && freeFor(leadership, now).compareTo(leaseDuration) >= 0;
        return new State(failed, nobodyElse, nobodyElse);
    }

    private static Duration freeFor(Leadership leadership, Moment now) {
        ObservedLease lease = leadership.observed();
        if (lease == null) {
            return Duration.ZERO;
        }
        long since = lease.holder() == null ? lease.observedNanos() : lease.expiresNanos();
        return Duration.ofNanos(Math.max(0, now.nanos() - since));
    }
}
