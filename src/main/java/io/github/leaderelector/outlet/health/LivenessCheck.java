package io.github.leaderelector.outlet.health;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Vital;
import io.quarkus.arc.All;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/**
 * Fails if a {@link Vital} part reports a failure, or if a claim is still shown after its end.
 *
 * <p>A lost lead or an API server that does not answer is no reason to restart the container.
 */
@Liveness
@Singleton
public final class LivenessCheck implements AsyncHealthCheck {

    private static final Duration OVERDUE = Duration.ofSeconds(1);

    private final List<Vital> vitals;
    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Asks {@code vitals} and {@code hub}. */
    public LivenessCheck(@All List<Vital> vitals, LeadershipHub hub, Ticker ticker) {
        this.vitals = vitals;
        this.hub = hub;
        this.ticker = ticker;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        Optional<String> failure = vitals.stream()
                .flatMap(vital -> vital.failure().stream())
                .findFirst()
                .or(() -> overdue(hub.current(), ticker.now()));
        return Answers.answer("alive", failure.isEmpty(), failure.orElse("All parts work."));
    }

    /** Why {@code leadership} is impossible at {@code now}: its claim has ended; empty if all is well. */
    static Optional<String> overdue(Leadership leadership, Moment now) {
        Claim claim = leadership.claim();
        return claim != null && now.since(claim.sent()).minus(claim.length()).compareTo(OVERDUE) > 0
                ? Optional.of("The claim to the lead was not ended when it should have been.")
                : Optional.empty();
    }
}
