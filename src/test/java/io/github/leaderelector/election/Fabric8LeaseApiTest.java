package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Fabric8LeaseApiTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Queue<String> told = new ConcurrentLinkedQueue<>();

    @Test
    void anAttemptToWatchThatIsNotAnsweredFailsInTime() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                KubernetesClient client = clientOf(silent.getLocalPort())) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThat(api(client, Duration.ofMillis(200)).watch(new Listener(told)))
                        .failsWithin(PATIENCE)
                        .withThrowableThat()
                        .havingRootCause()
                        .withMessageEndingWith("cannot be reached (watch): no answer within 200 ms.");
            }
            assertThat(told).isEmpty();
        }
    }

    @Test
    void anAttemptToWatchThatIsRefusedFailsWithTheRefusalAndTellsOfNoEnd() throws Exception {
        try (Server server = new Server(exchange -> answer(exchange, 403));
                KubernetesClient client = clientOf(server.port())) {
            for (int attempt = 0; attempt < 20; attempt++) {
                assertThat(api(client, PATIENCE).watch(new Listener(told)))
                        .failsWithin(PATIENCE)
                        .withThrowableThat()
                        .havingRootCause()
                        .isInstanceOfSatisfying(
                                ApiException.class,
                                refusal -> assertThat(refusal.forbidden()).isTrue());
            }
            assertThat(told).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 503})
    void whereWebSocketsAreNotKnownTheLeaseIsWatchedByAPlainRequest(int refusal) throws Exception {
        try (Server server = new Server(exchange -> {
                    if (exchange.getRequestHeaders().containsKey("Upgrade")) {
                        answer(exchange, refusal);
                        return;
                    }
                    told.add(exchange.getRequestURI().toString());
                    exchange.sendResponseHeaders(200, 0);
                    try (OutputStream body = exchange.getResponseBody()) {
                        body.write(event("ADDED", 7).getBytes(StandardCharsets.UTF_8));
                        body.flush();
                        String second = event("DELETED", 8);
                        body.write(second.substring(0, 10).getBytes(StandardCharsets.UTF_8));
                        body.flush();
                        body.write(second.substring(10).getBytes(StandardCharsets.UTF_8));
                    }
                });
                KubernetesClient client = clientOf(server.port())) {
            assertThat(api(client, PATIENCE).watch(new Listener(told))).succeedsWithin(PATIENCE);

            Wait.until(PATIENCE, () -> "Told only " + told + ".", () -> told.size() == 4);
            assertThat(told)
                    .containsExactly(
                            "/apis/coordination.k8s.io/v1/namespaces/prod/leases?watch=true&fieldSelector=metadata.name%3Dapp-lock",
                            "changed 7", "deleted 8", "The watch was closed.");
        }
    }

    @Test
    void aPlainRequestThatIsRefusedIsTheRefusalOfTheWatch() throws Exception {
        try (Server server = new Server(exchange -> answer(exchange, 503));
                KubernetesClient client = clientOf(server.port())) {
            assertThat(api(client, PATIENCE).watch(new Listener(told)))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .isInstanceOfSatisfying(
                            ApiException.class,
                            refusal -> assertThat(refusal.status()).isEqualTo(503));
            assertThat(told).isEmpty();
        }
    }

    private static Fabric8LeaseApi api(KubernetesClient client, Duration requestTimeout) {
        return new Fabric8LeaseApi(client, new LeaseRef("prod", "app-lock"), requestTimeout);
    }

    private static String event(String type, int version) {
        return """
                {"type":"%s","object":{"kind":"Lease","apiVersion":"coordination.k8s.io/v1",\
                "metadata":{"name":"app-lock","namespace":"prod","resourceVersion":"%d"},"spec":{}}}
                """.formatted(type, version);
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    /** An API server that does what a test says. */
    private record Server(HttpServer http) implements AutoCloseable {

        Server(HttpHandler handler) throws IOException {
            this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            http.createContext("/", handler);
            http.start();
        }

        int port() {
            return http.getAddress().getPort();
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }

    private static KubernetesClient clientOf(int port) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
        Timings timings = new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
        return new KubernetesClientBuilder()
                .withConfig(Election.impatient(config, timings))
                .build();
    }

    private record Listener(Queue<String> told) implements LeaseApi.WatchListener {
        @Override
        public void changed(LeaseDocument lease) {
            told.add("changed " + lease.version());
        }

        @Override
        public void deleted(LeaseDocument lease) {
            told.add("deleted " + lease.version());
        }

        @Override
        public void closed(ApiException cause) {
            told.add(cause.getMessage());
        }
    }
}
