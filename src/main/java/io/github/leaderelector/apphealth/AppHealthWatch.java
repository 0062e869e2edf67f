package io.github.leaderelector.apphealth;

import io.github.leaderelector.apphealth.HealthRule.State;
import io.github.leaderelector.config.AppHealth;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Asks the application each second whether it is healthy, and lets this replica resign or campaign accordingly.
 *
 * <p>Safe for use by many threads; no method blocks.
 */
public final class AppHealthWatch {

    private static final Logger LOG = Logger.getLogger(AppHealthWatch.class);

    private final Probe probe;
    private final HealthRule rule;
    private final LeadershipHub hub;
    private final Candidacy candidacy;
    private final Ticker ticker;
    private final AtomicBoolean asking = new AtomicBoolean();

    /** Written only by the thread that has set {@link #asking}. */
    private volatile State state = State.UNKNOWN;

    /**
     * @param settings the URL to ask and the rule for the answers
     * @param leaseDuration how long the Lease must be free before an unhealthy replica may take it, with the fallback
     *     {@code anyone}
     */
    public AppHealthWatch(
            AppHealth settings,
            Duration leaseDuration,
            LeadershipHub hub,
            Candidacy candidacy,
            Ticker ticker,
            Vertx vertx) {
        this(
                new HttpProbe(vertx, settings.url()),
                new HealthRule(settings.failures(), settings.fallback(), leaseDuration),
                hub,
                candidacy,
                ticker);
    }

    AppHealthWatch(Probe probe, HealthRule rule, LeadershipHub hub, Candidacy candidacy, Ticker ticker) {
        this.probe = probe;
        this.rule = rule;
        this.hub = hub;
        this.candidacy = candidacy;
        this.ticker = ticker;
    }

    /** Resigns until the application has said that it is healthy, and asks it. Call it before the election starts. */
    public void begin() {
        candidacy.resign(new Reason(Code.UNHEALTHY, "The application has not said yet that it is healthy."));
        poll();
    }

    /** Asks the application, unless the last question is not answered yet. Call it each second. */
    public void poll() {
        if (asking.compareAndSet(false, true)) {
            var unused = probe.ask().whenComplete((problem, thrown) -> {
                try {
                    heard(thrown == null ? problem : Optional.of(ForeignText.of(thrown)));
                } finally {
                    asking.set(false);
                }
            });
        }
    }

    private void heard(Optional<String> problem) {
        State before = state;
        State after = rule.next(before, problem.isEmpty(), hub.current(), ticker.now());
        state = after;
        String why = problem.orElse("");
        tell(before, after, why);
        if (after.candidate()) {
            candidacy.campaign(Code.UNHEALTHY);
        } else {
            candidacy.resign(new Reason(Code.UNHEALTHY, "The application is not healthy: " + why + "."));
        }
    }

    private static void tell(State before, State after, String why) {
        if (after.byFallback() && !before.byFallback()) {
            LOG.warnf(
                    "LE-703 Nobody leads, and no application is healthy: this replica is a candidate, too (%s).", why);
        } else if (after.candidate() && !before.candidate()) {
            LOG.info("LE-702 The application is healthy: this replica is a candidate.");
        } else if (!after.candidate() && (before.candidate() || before.equals(State.UNKNOWN))) {
            LOG.warnf("LE-701 The application is not healthy: this replica is no candidate (%s).", why);
        }
    }
}
