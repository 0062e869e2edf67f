package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The requests of the replicas to the API server in the steady state. */
class SteadyStateIT {

    private static final Duration SETTLED = Duration.ofSeconds(5);
    private static final Duration LOOKED_AT = Duration.ofSeconds(20);
    private static final List<String> REPLICAS = List.of("sidecar-a", "sidecar-b", "sidecar-c");

    private static RealApiServer server;

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(Path.of("target/bench/steady-state-api-server"), REPLICAS);
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void theLeaderWritesOncePerRetryPeriodAndThereAreNoOtherRequests() {
        try (Bench bench =
                Bench.create(server, Path.of("target/bench/steady-state"), Timings.DEFAULT, Map.of(), REPLICAS)) {
            bench.startAll();
            Wait.pass(SETTLED);
            Replica leader = bench.awaitLeader(Duration.ofSeconds(5));
            Instant from = Instant.now();
            long fromNanos = System.nanoTime();
            Wait.pass(LOOKED_AT);
            Map<String, Long> sent = leader.api().countsSince(fromNanos);
            List<AuditLog.Request> received = server.audit().since(from);
            assertThat(received)
                    .as("the leader is %s", leader.name())
                    .allMatch(r -> r.user().equals(leader.name()) && r.verb().equals("update"));
            long writes = LOOKED_AT.toMillis() / Timings.DEFAULT.retryPeriod().toMillis();
            assertThat((long) received.size()).isBetween(writes - 1, writes + 1);
            assertThat(sent).isEqualTo(Map.of("update leases", (long) received.size()));
            assertThat(bench.awaitLeader(Duration.ofSeconds(1))).isSameAs(leader);
            bench.checker().assertClean("");
        }
    }
}
