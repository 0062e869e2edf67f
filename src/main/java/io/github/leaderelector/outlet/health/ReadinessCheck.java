package io.github.leaderelector.outlet.health;

import io.github.leaderelector.config.Readiness;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Succeeds after the Lease has been seen once, even if the API server fails later; or, in mode
 * {@link Readiness#LEADER}, only while this replica leads.
 */
@org.eclipse.microprofile.health.Readiness
@Singleton
public final class ReadinessCheck implements AsyncHealthCheck {

    private final Settings settings;
    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Asks {@code hub}, in the mode of {@code settings}. */
    public ReadinessCheck(Settings settings, LeadershipHub hub, Ticker ticker) {
        this.settings = settings;
        this.hub = hub;
        this.ticker = ticker;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Leadership leadership = hub.current();
        boolean up = switch (settings.readiness()) {
            case ALWAYS -> leadership.seen();
            case LEADER -> leadership.leads(ticker.now());
        };
        return Answers.answer("ready", up, leadership.reason().text());
    }
}
