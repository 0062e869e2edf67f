package io.github.leaderelector.outlet.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.github.leaderelector.CollectedLog;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class VertxSenderTest {

    private static Vertx vertx;

    private final CollectedLog log = new CollectedLog("io.vertx");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final CountDownLatch testIsOver = new CountDownLatch(1);
    private HttpServer server;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() {
        vertx.close();
    }

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stopServer() {
        testIsOver.countDown();
        server.stop(0);
        threads.shutdownNow();
        log.close();
        assertThat(log.lines())
                .as("nobody is to read of what is as it should be")
                .noneMatch(line -> line.startsWith("ERROR"));
    }

    @Test
    void postsTheJsonAndCompletesWithTheStatus() throws Exception {
        on("/hook", exchange -> exchange.sendResponseHeaders(202, -1));

        assertThat(post("/hook?a=b").get()).isEqualTo(202);
        assertThat(received).containsExactly("POST /hook?a=b application/json {\"leader\":true}");
    }

    @Test
    void doesNotFollowRedirects() throws Exception {
        on("/hook", exchange -> {
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(307, -1);
        });
        on("/elsewhere", exchange -> exchange.sendResponseHeaders(200, -1));

        assertThat(post("/hook").get()).isEqualTo(307);
        assertThat(received).hasSize(1);
    }

    @Test
    void closesTheConnectionWithoutWaitingForTheBody() throws Exception {
        CompletableFuture<Void> hungUp = new CompletableFuture<>();
        on("/hook", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try {
                byte[] piece = new byte[64 * 1024];
                while (testIsOver.getCount() > 0) {
                    exchange.getResponseBody().write(piece);
                }
            } catch (IOException broken) {
                hungUp.complete(null);
            }
        });

        assertThat(post("/hook").get()).isEqualTo(200);
        assertThat(hungUp).succeedsWithin(10, TimeUnit.SECONDS);
    }

    @Test
    void failsWhenThereIsNoAnswerInTime() {
        on("/hook", exchange -> awaitEnd());

        assertThat(sender(Duration.ofMillis(100)).post(url("/hook"), "{}"))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withRootCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void whatIsOvertakenBeforeItIsConnectedIsNotSent() throws Exception {
        on("/hook", exchange -> exchange.sendResponseHeaders(200, -1));
        Sender sender = sender(Duration.ofSeconds(10));
        CompletableFuture<Boolean> cancelled = new CompletableFuture<>();

        // The connection comes on the same thread, and so after this.
        vertx.runOnContext(
                run -> cancelled.complete(sender.post(url("/hook"), "{}").cancel(true)));

        assertThat(cancelled.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(post("/hook").get()).isEqualTo(200);
        assertThat(received).hasSize(1);
    }

    @Test
    void failsWithoutAListener() {
        server.stop(0);

        assertThat(post("/hook"))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("Connection refused");
    }

    private void on(String path, HttpHandler answer) {
        server.createContext(path, exchange -> {
            received.add(asText(exchange));
            answer.handle(exchange);
            exchange.close();
        });
    }

    private static String asText(HttpExchange exchange) throws IOException {
        return exchange.getRequestMethod()
                + " "
                + exchange.getRequestURI()
                + " "
                + exchange.getRequestHeaders().getFirst("Content-Type")
                + " "
                + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void awaitEnd() {
        try {
            testIsOver.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private CompletableFuture<Integer> post(String path) {
        return sender(Duration.ofSeconds(20)).post(url(path), "{\"leader\":true}");
    }

    private static VertxSender sender(Duration timeout) {
        return new VertxSender(vertx, timeout);
    }

    private URI url(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }
}
