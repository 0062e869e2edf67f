package io.github.leaderelector.outlet.hooks;

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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The hooks of a packaged sidecar. */
class HooksIT {

    private static final Timings TIMINGS =
            new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));
    private static final Duration SOON = Duration.ofSeconds(10);

    private static @Nullable RealApiServer server;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> posts = new CopyOnWriteArrayList<>();
    private final CountDownLatch testIsOver = new CountDownLatch(1);
    private @Nullable HttpServer application;

    @BeforeAll
    static void begin() {
        RealApiServer.binariesMissing().ifPresent(why -> {
            System.out.println("HooksIT is skipped: " + why);
            Assumptions.abort(why);
        });
        server = RealApiServer.shared();
    }

    @BeforeEach
    void startApplication() throws IOException {
        application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        application.setExecutor(threads);
        application.start();
    }

    @AfterEach
    void stopApplication() {
        testIsOver.countDown();
        if (application != null) {
            application.stop(0);
        }
        threads.shutdownNow();
    }

    @Test
    void theApplicationIsToldOfTheLeadAndOfItsEndAtTheStop() throws Exception {
        answer(204);
        try (Bench bench = bench("told")) {
            Replica leader = leader(bench);
            Wait.until(SOON, posts::toString, () -> posts.stream().anyMatch(p -> p.startsWith("/leading ")));
            assertThat(posts).last().asString().contains("\"leader\":true", "\"fencingToken\":");

            leader.terminate();
            assertThat(leader.process().awaitExit(SOON)).isZero();

            assertThat(posts)
                    .last()
                    .asString()
                    .startsWith("/following ")
                    .contains("\"leader\":false", "This replica is shutting down.");
        }
    }

    @Test
    void anApplicationThatHangsHoldsUpNeitherTheLeadNorTheRelease() throws Exception {
        answerNothing();
        try (Bench bench = bench("hangs")) {
            Replica leader = leader(bench);
            Wait.until(SOON, posts::toString, () -> !posts.isEmpty());

            long before = System.nanoTime();
            leader.terminate();
            Wait.until(
                    SOON,
                    () -> "not released",
                    () -> bench.admin()
                            .leases()
                            .inNamespace(bench.namespace())
                            .withName(Bench.LEASE)
                            .require()
                            .getSpec()
                            .getHolderIdentity()
                            .isEmpty());

            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(TIMINGS.leaseDuration());
            assertThat(leader.process().awaitExit(SOON)).isZero();
        }
    }

    @Test
    void aRefusalIsSaidCountedAndTriedAgain() throws Exception {
        answer(500);
        try (Bench bench = bench("refused")) {
            Replica leader = leader(bench);

            Wait.until(
                    SOON,
                    posts::toString,
                    () -> posts.stream().filter(p -> p.startsWith("/leading ")).count() >= 3);

            assertThat(leader.process().said("was not told: it answered 500.")).isTrue();
            assertThat(metrics(leader)).containsPattern("leader_elector_hook_failures_total\\S* [1-9]");
        }
    }

    private static String metrics(Replica replica) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + replica.httpPort() + "/q/metrics"))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private Bench bench(String name) {
        String url = "http://127.0.0.1:" + application().getAddress().getPort();
        return Bench.create(
                java.util.Objects.requireNonNull(server),
                Path.of("target", "hooks-" + name),
                TIMINGS,
                Map.of("ON_LEADING_URL", url + "/leading", "ON_FOLLOWING_URL", url + "/following"),
                List.of("pod-a"));
    }

    private static Replica leader(Bench bench) {
        bench.startAll();
        return bench.awaitLeader(SOON);
    }

    private HttpServer application() {
        return java.util.Objects.requireNonNull(application);
    }

    private void answer(int status) {
        application().createContext("/", exchange -> {
            posts.add(exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
    }

    private void answerNothing() {
        application().createContext("/", exchange -> {
            posts.add(exchange.getRequestURI().toString());
            try {
                testIsOver.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            exchange.close();
        });
    }
}
