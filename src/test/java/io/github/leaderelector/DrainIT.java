package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A leader that is told to stop holds the Lease until its application has finished: packaged, on a real API server. */
class DrainIT {

    private static final List<String> REPLICAS = List.of("pod-a", "pod-b", "pod-c");

    /** Longer than a stop may take otherwise. */
    private static final Duration DRAIN = Exit.STOP_LIMIT.plusSeconds(3);

    private static final Duration SOON = Duration.ofSeconds(2);

    private static RealApiServer server;
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.shared();
    }

    @Test
    void afterSigtermNoReplicaLeadsUntilTheDrainEnds() throws Exception {
        Map<String, String> settings = Map.of("DRAIN", DRAIN.toString());
        try (Bench bench = Bench.create(server, Path.of("target/drain"), Timings.SHORT, settings, REPLICAS)) {
            bench.startAll();

            Replica first = bench.awaitLeader(SOON);
            first.terminate();
            Wait.until(
                    SOON, () -> "The file stays.", () -> bench.files().present().isEmpty());
            first.terminate();
            Wait.pass(Timings.SHORT.leaseDuration().plusSeconds(1));
            assertThat(bench.files().present()).isEmpty();
            LeaderAnswer answer = first.process().leader();
            assertThat(answer.leader()).isFalse();
            assertThat(answer.holder()).isEqualTo(first.name());

            // So that the client's first request is not in what is measured.
            assertThat(post(first, "/leader/step-down").statusCode()).isEqualTo(409);
            long done = System.nanoTime();
            assertThat(post(first, "/leader/drained").statusCode()).isEqualTo(202);
            Replica second = bench.awaitLeaderOtherThan(first, SOON);
            System.out.printf("drained: another leads %.0f ms later%n", (System.nanoTime() - done) / 1e6);
            assertThat(first.process().awaitExit(Duration.ofSeconds(5))).isZero();

            Wait.pass(Duration.ofSeconds(1));
            long told = System.nanoTime();
            second.terminate();
            bench.awaitLeaderOtherThan(second, DRAIN.plusSeconds(5));
            assertThat(Duration.ofNanos(System.nanoTime() - told)).isBetween(DRAIN, DRAIN.plus(SOON));
            assertThat(second.process().awaitExit(Duration.ofSeconds(5))).isZero();
            assertThat(second.process().said("could not be released")).isFalse();
            bench.checker().assertClean("");
        }
    }

    private HttpResponse<String> post(Replica replica, String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + replica.httpPort() + path))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
    }
}
