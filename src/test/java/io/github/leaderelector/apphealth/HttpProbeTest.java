package io.github.leaderelector.apphealth;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.testkit.Ports;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpProbeTest {

    private static Vertx vertx;

    private final CollectedLog log = new CollectedLog("io.vertx");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer application;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() {
        vertx.close();
    }

    @BeforeEach
    void start() throws IOException {
        application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        application.setExecutor(threads);
        application.start();
    }

    @AfterEach
    void stop() {
        application.stop(0);
        threads.shutdownNow();
        log.close();
        assertThat(log.lines())
                .as("a probe each second would fill the log")
                .noneMatch(line -> line.startsWith("ERROR"));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 204, 299})
    void aStatusOfTheTwoHundredsIsHealthy(int status) throws Exception {
        application.createContext("/health", exchange -> answer(exchange, status));

        assertThat(ask("/health?deep=1")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 400, 404, 500, 503})
    void anyOtherIsNot(int status) throws Exception {
        application.createContext("/", exchange -> answer(exchange, 200));
        application.createContext("/health", exchange -> {
            exchange.getResponseHeaders().add("Location", "/");
            answer(exchange, status);
        });

        assertThat(ask("/health")).hasValue("it answered " + status);
    }

    @Test
    void whoRefusesTheConnectionIsNotHealthy() throws Exception {
        assertThat(ask(URI.create("http://127.0.0.1:" + Ports.free() + "/")))
                .hasValueSatisfying(why -> assertThat(why).contains("Connection refused"));
    }

    @Test
    void whoDoesNotAnswerInTimeIsNotHealthyAndMayBeAskedAgain() throws Exception {
        application.createContext("/health", exchange -> {});
        long begin = System.nanoTime();

        assertThat(ask("/health")).hasValue("no answer within 900 ms");

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(HttpProbe.TIMEOUT, Duration.ofSeconds(9));
        application.createContext("/better", exchange -> answer(exchange, 200));
        assertThat(ask("/better")).isEmpty();
    }

    @Test
    void aBodyWithoutAnEndDoesNotMatter() throws Exception {
        application.createContext("/health", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] much = new byte[1 << 16];
            while (!Thread.currentThread().isInterrupted()) {
                exchange.getResponseBody().write(much);
            }
        });

        for (int i = 0; i < 3; i++) {
            assertThat(ask("/health")).isEmpty();
        }
    }

    private static void answer(HttpExchange exchange, int status) throws IOException {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    private Optional<String> ask(String path) throws Exception {
        return ask(URI.create("http://localhost:" + application.getAddress().getPort() + path));
    }

    private static Optional<String> ask(URI url) throws Exception {
        return new HttpProbe(vertx, url).ask().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
}
