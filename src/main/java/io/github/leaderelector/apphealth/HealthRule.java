package io.github.leaderelector.apphealth;

import io.github.leaderelector.config.AppHealth.Fallback;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import java.time.Duration;

/**
 * How the application's answers make a replica a candidate or not: a pure function.
 *
 * <p>A healthy one is a candidate. An unhealthy one that does not lead is not. An unhealthy leader stays one until its
 * application has failed some times in a row.
 *
 * <p>With {@link Fallback#ANYONE}, an unhealthy one is a candidate after all when the Lease has been free for a lease
 * duration: a healthy one would have taken it at once, so there is none. If it then leads, it does so for
 * {@value #FALLBACK_LEASES} lease durations before it resigns again, so that a replica that has become healthy gets the
 * lead; for a lease duration in each such time, nobody leads.
 */
final class HealthRule {

    private static final int FALLBACK_LEASES = 10;

    private final int failures;
    private final Fallback fallback;
    private final Duration leaseDuration;

    /**
     * Where a replica stands.
     *
     * @param failures how many times in a row its application was not healthy
     * @param candidate whether it is a candidate
     * @param byFallback whether it is one though its application is not healthy, for want of a healthy one
     */
    record State(int failures, boolean candidate, boolean byFallback) {

        /** The application was not asked yet. */
        static final State UNKNOWN = new State(0, false, false);

        private static final State HEALTHY = new State(0, true, false);
    }

    /** @param failures how many times in a row a leader's application has to fail before it resigns */
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
