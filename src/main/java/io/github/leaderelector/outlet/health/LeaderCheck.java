package io.github.leaderelector.outlet.health;

import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.HealthGroup;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Succeeds while this replica leads, with any {@code READINESS}; part of {@code /q/health/group/leader} only. */
@HealthGroup("leader")
@Singleton
public final class LeaderCheck implements AsyncHealthCheck {

    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Asks {@code hub}. */
    public LeaderCheck(LeadershipHub hub, Ticker ticker) {
        this.hub = hub;
        this.ticker = ticker;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Leadership leadership = hub.current();
        return Answers.answer(
                "leader", leadership.leads(ticker.now()), leadership.reason().text());
    }
}
