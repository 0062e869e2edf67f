package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The application's health decides who leads: packaged, on a real API server, each replica with an application. */
class AppHealthIT {

    private static final List<String> REPLICAS = List.of("pod-a", "pod-b");
    private static final Duration SOON = Duration.ofSeconds(3);

    private static RealApiServer server;
    private final Map<String, Application> applications = new HashMap<>();

    /** An application that answers with the status it is told to. */
    private static final class Application {
        private final HttpServer http;
        private volatile int status = 200;

        Application() throws IOException {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.createContext("/", exchange -> {
                exchange.sendResponseHeaders(status, -1);
                exchange.close();
            });
            http.start();
        }

        void answer(int newStatus) {
            status = newStatus;
        }
    }

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.shared();
    }

    @BeforeEach
    void startApplications() throws IOException {
        for (String name : REPLICAS) {
            applications.put(name, new Application());
        }
    }

    @AfterEach
    void stopApplications() {
        applications.values().forEach(application -> application.http.stop(0));
    }

    @Test
    void aHealthyReplicaTakesTheLeadAndNoReplicaLeadsIfNoneIsHealthy() {
        try (Bench bench = bench("app-health", Map.of())) {
            bench.startAll();
            Replica first = bench.awaitLeader(SOON);
            Replica second = bench.replicas().stream()
                    .filter(replica -> replica != first)
                    .findFirst()
                    .orElseThrow();

            long broke = System.nanoTime();
            applications.get(first.name()).answer(503);
            bench.awaitLeaderOtherThan(first, Duration.ofSeconds(8));
            assertThat(Duration.ofNanos(System.nanoTime() - broke)).isGreaterThan(Duration.ofMillis(1_900));
            assertThat(first.process().said("no longer leads: The application is not healthy: it answered 503."))
                    .isTrue();

            applications.get(second.name()).http.stop(0);
            Wait.until(
                    Duration.ofSeconds(8),
                    () -> "It leads on.",
                    () -> bench.files().present().isEmpty());
            Wait.pass(Timings.SHORT.leaseDuration().multipliedBy(2));
            assertThat(bench.files().present()).isEmpty();

            applications.get(first.name()).answer(200);
            assertThat(bench.awaitLeader(SOON)).isSameAs(first);
            bench.checker().assertClean("");
        }
    }

    @Test
    void whereAnyoneMayOneOfTheUnhealthyLeadsAfterALeaseDuration() {
        applications.values().forEach(application -> application.answer(503));
        try (Bench bench = bench("app-health-anyone", Map.of("APP_HEALTH_FALLBACK", "anyone"))) {
            bench.startAll();

            Replica leader = bench.awaitLeader(SOON);
            assertThat(leader.process().said("Nobody leads, and no application is healthy"))
                    .isTrue();
            Wait.pass(Duration.ofSeconds(6));
            assertThat(bench.files().present()).containsExactly(leader.name());
            bench.checker().assertClean("");
        }
    }

    private Bench bench(String folder, Map<String, String> settings) {
        Bench bench = Bench.create(server, Path.of("target", folder), Timings.SHORT, settings, REPLICAS);
        applications.forEach((name, application) -> bench.replica(name)
                .set(
                        "APP_HEALTH_URL",
                        "http://localhost:" + application.http.getAddress().getPort() + "/health"));
        return bench;
    }
}
