package io.github.leaderelector.outlet.health;

import io.github.leaderelector.leadership.LeadershipHub;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Startup;

/** Succeeds as soon as the HTTP server answers: a failure at the start ends the process instead. */
@Startup
@Singleton
public final class StartupCheck implements AsyncHealthCheck {

    private final LeadershipHub hub;

    /** Takes its reason from {@code hub}. */
    public StartupCheck(LeadershipHub hub) {
        this.hub = hub;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return Answers.answer("started", true, hub.current().reason().text());
    }
}
