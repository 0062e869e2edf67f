package io.github.leaderelector.net;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClientOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rows B1 and E2 of the faults; what else it does is tested by its users. */
@Timeout(30)
class StatusClientTest {

    private static final String NAME = "app.example";
    private static final Duration LONG = Duration.ofSeconds(20);

    private static Vertx vertx;

    private final List<String> hosts = new CopyOnWriteArrayList<>();
    private final List<StatusClient> clients = new ArrayList<>();
    private HttpServer server;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    }

    @AfterAll
    static void stopVertx() {
        vertx.close();
    }

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.2", 0), 0);
        server.createContext("/", exchange -> {
            hosts.add(exchange.getRequestHeaders().getFirst("Host"));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        clients.forEach(StatusClient::close);
        server.stop(0);
    }

    @Test
    void aNameServerThatNeverAnswersBlocksNothingAndIsToldInTime() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch testIsOver = new CountDownLatch(1);
        AtomicInteger lookups = new AtomicInteger();
        StatusClient client = client(Duration.ofMillis(100), host -> {
            lookups.incrementAndGet();
            asked.countDown();
            await(testIsOver);
            throw new UnknownHostException(host);
        });
        List<CompletableFuture<Integer>> answers = new CopyOnWriteArrayList<>();
        vertx.runOnContext(run -> {
            answers.add(client.get(url()));
            answers.add(client.post(url(), "{}"));
        });
        await(asked);

        CompletableFuture<Void> loop = new CompletableFuture<>();
        vertx.runOnContext(run -> loop.complete(null));

        assertThat(loop).succeedsWithin(10, TimeUnit.SECONDS);
        assertThat(answers)
                .hasSize(2)
                .allSatisfy(answer -> assertThat(answer)
                        .failsWithin(10, TimeUnit.SECONDS)
                        .withThrowableThat()
                        .withRootCauseInstanceOf(TimeoutException.class)
                        .withMessageContaining("no name server told the address of 'app.example' within 100 ms"));
        assertThat(lookups).as("who asks again waits for the same answer").hasValue(1);
        testIsOver.countDown();
    }

    @Test
    void allAddressesOfANameAreTriedInTurn() throws Exception {
        StatusClient client = client(LONG, host -> addresses("127.0.0.3", "127.0.0.2"));

        assertThat(client.get(url()).get()).isEqualTo(204);
        assertThat(client.post(url(), "{}").get()).isEqualTo(204);
        assertThat(hosts)
                .containsOnly(NAME + ":" + server.getAddress().getPort())
                .hasSize(2);
    }

    @Test
    void whenNoneTakesTheConnectionTheFirstOneIsTold() {
        StatusClient client = client(LONG, host -> addresses("127.0.0.3", "127.0.0.4"));

        assertThat(client.get(url()))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("127.0.0.3")
                .withMessageContaining("Connection refused");
    }

    @Test
    void aNameWithoutAnAddressIsToldAtOnceAndLookedUpAgainTheNextTime() throws Exception {
        AtomicInteger lookups = new AtomicInteger();
        StatusClient client = client(LONG, host -> {
            if (lookups.incrementAndGet() == 1) {
                throw new UnknownHostException(host + ": Name or service not known");
            }
            return addresses("127.0.0.2");
        });

        assertThat(client.get(url()))
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableThat()
                .withMessageContaining("app.example: Name or service not known");
        assertThat(client.get(url()).get()).isEqualTo(204);
    }

    /** Names and addresses as they stand in URLs, by the machine's own resolver. */
    @Test
    void addressesAreTakenAsTheyAre() throws Exception {
        StatusClient client = new StatusClient(vertx, new HttpClientOptions(), LONG);
        clients.add(client);

        assertThat(client.get(URI.create(
                                "http://127.0.0.2:" + server.getAddress().getPort() + "/"))
                        .get())
                .isEqualTo(204);
    }

    private StatusClient client(Duration timeout, Lookups.Resolver resolver) {
        StatusClient client = new StatusClient(vertx, new HttpClientOptions(), timeout, resolver);
        clients.add(client);
        return client;
    }

    private URI url() {
        return URI.create("http://" + NAME + ":" + server.getAddress().getPort() + "/health?deep=1");
    }

    private static InetAddress[] addresses(String... literals) throws UnknownHostException {
        InetAddress[] addresses = new InetAddress[literals.length];
        for (int i = 0; i < literals.length; i++) {
            addresses[i] = InetAddress.getByAddress(
                    NAME, InetAddress.getByName(literals[i]).getAddress());
        }
        return addresses;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
