package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonServiceApiTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /**
     * A list with version 0 is answered from the API server's cache, any other from etcd. Only the first look of a
     * tenure may be older.
     */
    @ParameterizedTest
    @CsvSource({"true,''", "false,&resourceVersion=0"})
    void slicesThatMayBeOlderAreReadFromTheCacheAndNoOthers(boolean fresh, String version) throws Exception {
        Queue<String> asked = new ConcurrentLinkedQueue<>();
        HttpServer server = server(asked);
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                .build();
        try (ApiClient client = new ApiClient(ApiAccesses.of(config), ApiAccesses.VERTX, LIMIT, Ticker.system())) {
            ServiceApi api = new JsonServiceApi(client, "prod", Fixtures.SERVICE, "pod-a");

            assertThat(api.slices(fresh))
                    .succeedsWithin(LIMIT)
                    .extracting(ServiceApi.Listed::version)
                    .isEqualTo("7");
        } finally {
            server.stop(0);
        }

        assertThat(asked)
                .containsExactly("GET /apis/discovery.k8s.io/v1/namespaces/prod/endpointslices"
                        + "?labelSelector=kubernetes.io%2Fservice-name%3Dmyapp-leader" + version);
    }

    private static HttpServer server(Queue<String> asked) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] body = "{\"kind\":\"EndpointSliceList\",\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}"
                .getBytes(StandardCharsets.UTF_8);
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        return server;
    }
}
