package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubernetesLeaseApiTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String LEASE =
            "{\"kind\":\"Lease\",\"metadata\":{\"name\":\"app-lock\",\"resourceVersion\":\"7\"},"
                    + "\"spec\":{\"holderIdentity\":\"pod-a\"}}";

    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    @Test
    void readsTheLease() throws Exception {
        try (Server server = new Server(exchange -> answer(exchange, 200, "application/json", LEASE));
                KubernetesLeaseApi api = api(server)) {
            assertThat(api.get().get())
                    .hasValueSatisfying(lease -> assertThat(lease.version()).isEqualTo(7));
            assertThat(asked).containsExactly("GET /apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock");
        }
    }

    @Test
    void aLeaseThatIsNotThereIsNoFailure() throws Exception {
        try (Server server = new Server(exchange -> answer(exchange, 404, "application/json", "{}"));
                KubernetesLeaseApi api = api(server)) {
            assertThat(api.get().get()).isEmpty();
        }
    }

    /** D5: 200, but not with a Lease. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '%', textBlock = """
            text/html        | <html>Sign in</html>  | text/html, '<html>Sign in</html>'.
            application/json | %%                    | nothing.
            application/json | []                    | application/json, '[]'.
            application/json | {}                    | application/json, '{}'.
            application/json | null                  | application/json, 'null'.
            """)
    void anAnswerThatIsNoLeaseIsAFailureWithAReason(String type, String body, String words) throws Exception {
        try (Server server = new Server(exchange -> answer(exchange, 200, type, body));
                KubernetesLeaseApi api = api(server)) {
            assertThat(failure(api.get()).getMessage())
                    .endsWith("answered 200 (get Lease prod/app-lock), but not with a Lease: " + words);
            assertThat(failure(api.get()).refused()).isFalse();
        }
    }

    @Test
    void watchesTheOneLease() throws Exception {
        Queue<String> told = new ConcurrentLinkedQueue<>();
        CompletableFuture<String> end = new CompletableFuture<>();
        try (Server server = new Server(exchange ->
                        answer(exchange, 200, "application/json", event("ADDED", 7) + event("DELETED", 8)));
                KubernetesLeaseApi api = api(server)) {
            assertThat(api.watch(new LeaseApi.WatchListener() {
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
                            end.complete(cause.getMessage());
                        }
                    }))
                    .succeedsWithin(PATIENCE);
            assertThat(end).succeedsWithin(PATIENCE).isEqualTo("The watch was closed.");
            assertThat(told).containsExactly("changed 7", "deleted 8");
            assertThat(asked)
                    .contains("GET /apis/coordination.k8s.io/v1/namespaces/prod/leases"
                            + "?watch=true&fieldSelector=metadata.name%3Dapp-lock");
        }
    }

    private static ApiException failure(CompletableFuture<?> future) {
        List<ApiException> failures = new ArrayList<>();
        assertThat(future.handle((value, thrown) -> failures.add(ApiException.from(thrown))))
                .succeedsWithin(PATIENCE);
        return failures.get(0);
    }

    private static KubernetesLeaseApi api(Server server) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.http().getAddress().getPort())
                .build();
        return new KubernetesLeaseApi(
                new ApiClient(ApiAccesses.of(config), ApiAccesses.VERTX, PATIENCE, Ticker.system()),
                new LeaseRef("prod", "app-lock"));
    }

    private static String event(String type, int version) {
        return "{\"type\":\"" + type + "\",\"object\":" + LEASE.replace("\"7\"", "\"" + version + "\"") + "}\n";
    }

    private void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** An API server that does what a test says. */
    private record Server(HttpServer http) implements AutoCloseable {

        Server(HttpHandler handler) throws IOException {
            this(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
            http.createContext("/", handler);
            http.start();
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }
}
