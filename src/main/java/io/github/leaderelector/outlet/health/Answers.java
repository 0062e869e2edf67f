package io.github.leaderelector.outlet.health;

import io.smallrye.mutiny.Uni;
import org.eclipse.microprofile.health.HealthCheckResponse;

/** Makes the answers of the health checks. */
final class Answers {

    private Answers() {}

    static Uni<HealthCheckResponse> answer(String name, boolean up, String reason) {
        return Uni.createFrom()
                .item(HealthCheckResponse.named(name)
                        .status(up)
                        .withData("reason", reason)
                        .build());
    }
}
