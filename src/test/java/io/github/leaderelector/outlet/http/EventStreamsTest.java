package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.testkit.EventStreamClient;
import io.github.leaderelector.testkit.Wait;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MAX_STREAMS = 3;

    private static Vertx vertx;

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
    private final OutletDriver driver = new OutletDriver(hub, ticker);
    private final List<EventStreamClient> clients = new ArrayList<>();
    private EventStreams streams;
    private HttpServer server;

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    }

    @AfterAll
    static void stopVertx() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @BeforeEach
    void serve() {
        streams = new EventStreams(
                hub,
                ticker,
                SettingsFixture.settings(Map.of("MAX_STREAMS", String.valueOf(MAX_STREAMS))),
                new ObjectMapper(),
                vertx);
        Router router = Router.router(vertx);
        streams.route(router);
        router.route().last().handler(request -> request.end("somebody else answers"));
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "0.0.0.0")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        hub.subscribeSign("event streams", streams.executor(), streams);
    }

    @AfterEach
    void stop() {
        clients.forEach(EventStreamClient::close);
        server.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void theStateComesAtOnceAndThenEachChange() throws IOException {
        driver.follow("pod-b");
        EventStreamClient stream = open("/leader");

        assertThat(stream.status()).isEqualTo(200);
        assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(stream.header("Cache-Control")).isEqualTo("no-store");
        List<String> first = stream.next();
        assertThat(first)
                .hasSize(4)
                .startsWith("retry: 1000")
                .contains("event: leadership")
                .endsWith("data: {\"leader\":false,\"identity\":\"pod-a\",\"holder\":\"pod-b\",\"term\":7,"
                        + "\"fencingToken\":null,\"since\":\"2026-01-02T03:04:05Z\",\"validForMillis\":0,"
                        + "\"observedMillisAgo\":0,\"reason\":\"'pod-b' holds the Lease.\","
                        + "\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");

        long token = driver.lead();
        List<String> leading = stream.nextWith("\"leader\":true");
        assertThat(leading).hasSize(3).contains("event: leadership");
        assertThat(leading.get(2))
                .startsWith("data: {")
                .contains("\"fencingToken\":" + token + ",")
                .contains("\"validForMillis\":10000,");

        driver.follow("pod-c");
        List<String> following = stream.nextWith("'pod-c' holds the Lease.");
        assertThat(following.get(2)).contains("\"leader\":false,");
        assertThat(List.of(id(first), id(leading), id(following))).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void allClientsGetTheSameEventUnderTheSameIdHoweverLateTheyCame() throws IOException {
        EventStreamClient early = open("/leader");
        early.next();
        driver.follow("pod-b");
        List<String> change = early.nextWith("pod-b");

        List<String> first = open("/leader").next();

        assertThat(first.subList(1, 4)).isEqualTo(change);
    }

    @Test
    void aClaimThatEndsByTimeIsAChange() throws IOException {
        driver.lead();
        EventStreamClient stream = open("/leader");
        assertThat(stream.next().get(3)).contains("\"leader\":true");

        ticker.advance(Duration.ofSeconds(10));
        hub.retell();

        assertThat(stream.next())
                .contains("event: leadership")
                .last()
                .asString()
                .contains("\"leader\":false,")
                .contains("\"reason\":\"The API server did not acknowledge a renewal within 10000 ms.\"");
    }

    @Test
    void aRenewalIsAnEventOfItsOwn() throws IOException {
        long token = driver.lead();
        EventStreamClient stream = open("/leader");
        List<String> first = stream.next();

        ticker.advance(Duration.ofSeconds(2));
        renew(token);

        List<String> renewal = stream.next();
        assertThat(renewal).contains("event: renewal");
        assertThat(renewal.get(2)).contains("\"leader\":true").contains("\"validForMillis\":10000,");
        assertThat(id(renewal)).isGreaterThan(id(first));
    }

    @Test
    void whileNothingButTimePassesThereIsAHeartbeatEveryTenSeconds() throws IOException {
        driver.follow("pod-b");
        EventStreamClient leadership = open("/leader");
        EventStreamClient holder = open("/sse");
        leadership.next();
        holder.next();

        for (int second = 1; second <= 20; second++) {
            ticker.advance(Duration.ofSeconds(1));
            streams.onLeadership(hub.current());
        }
        driver.follow("pod-c");

        assertThat(leadership.next()).containsExactly(": heartbeat");
        assertThat(leadership.next()).containsExactly(": heartbeat");
        assertThat(leadership.next()).contains("event: leadership");
        assertThat(holder.next()).containsExactly(": heartbeat");
        assertThat(holder.next()).containsExactly(": heartbeat");
        assertThat(holder.next().get(0)).startsWith("data: ");
    }

    @Test
    void theNaisStreamHasChangesOfTheLeaderButNoRenewals() throws IOException {
        driver.follow(null);
        EventStreamClient stream = open("/sse");

        assertThat(stream.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(stream.next()).containsExactly("data: {\"name\":\"\",\"last_update\":\"2026-01-02T03:04:05Z\"}");

        ticker.advance(Duration.ofSeconds(1));
        long token = driver.lead();
        stream.nextWith("\"name\":\"pod-a\"");
        ticker.advance(Duration.ofSeconds(1));
        renew(token);
        hub.told().join();
        driver.follow("pod-b");

        assertThat(stream.nextWith("pod-b"))
                .containsExactly("data: {\"name\":\"pod-b\",\"last_update\":\"2026-01-02T03:04:07Z\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "text/event-stream                           | true",
                "TEXT/Event-Stream                           | true",
                "text/event-stream, */*                      | true",
                "text/event-stream, application/json;q=0.9   | true",
                "application/json;q=0.1, text/*              | true",
                "*/*                                         | false",
                "application/json                            | false",
                "text/event-stream;q=0.9, application/json   | false",
                "text/event-stream;q=0.5, */*                | false",
                "text/event-stream;q=0                       | false",
                "text/html, */*;q=0.8                        | false",
                "text/html                                   | false",
                ";q=,/,;                                     | false",
            })
    void onlyAClientThatPrefersEventsGetsThem(String accept, boolean events) throws IOException {
        EventStreamClient stream = open("/leader", accept);

        if (events) {
            assertThat(stream.next()).contains("event: leadership");
        } else {
            assertThat(stream.body()).isEqualTo("somebody else answers");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/leader", "/sse"})
    void moreStreamsThanAllowedAreRefusedUntilOneIsGone(String path) throws IOException {
        for (int i = 0; i < MAX_STREAMS; i++) {
            open(i % 2 == 0 ? "/leader" : "/sse").next();
        }
        EventStreamClient beyond = open(path);

        assertThat(beyond.status()).isEqualTo(429);
        assertThat(beyond.header("Content-Type")).isEqualTo("text/plain");
        assertThat(beyond.body())
                .isEqualTo(
                        "MAX_STREAMS allows 3 event streams at once from this pod, and as many are open; ask GET /leader"
                                + " instead.\n");
        assertThat(open("/leader", "application/json").body()).isEqualTo("somebody else answers");

        clients.get(0).close();
        Wait.until(PATIENCE, () -> "A client that has gone is not forgotten.", () -> streams.open() < MAX_STREAMS);

        assertThat(open(path).next()).isNotEmpty();
    }

    /** B4. */
    @Test
    void othersTakeNoPlaceFromTheOwnPod() throws IOException {
        Optional<String> other = ownAddress();
        Assumptions.assumeTrue(other.isPresent(), "This machine has no address but the loopback's.");
        for (int i = 0; i < 10; i++) {
            EventStreamClient stream = new EventStreamClient(
                    other.get(), server.actualPort(), i % 2 == 0 ? "/leader" : "/sse", "text/event-stream", PATIENCE);
            clients.add(stream);
            assertThat(stream.status()).isEqualTo(i == 0 ? 200 : 429);
            if (i == 1) {
                assertThat(stream.body())
                        .isEqualTo("MAX_STREAMS allows 1 event streams at once from outside of this pod, and as many"
                                + " are open; ask GET /leader instead.\n");
            }
        }
        for (int i = 0; i < MAX_STREAMS; i++) {
            assertThat(open(i % 2 == 0 ? "/leader" : "/sse").status()).isEqualTo(200);
        }
        assertThat(open("/leader").status()).isEqualTo(429);

        clients.get(0).close();
        Wait.until(PATIENCE, () -> "A client that has gone is not forgotten.", () -> streams.open() == MAX_STREAMS);
        EventStreamClient next =
                new EventStreamClient(other.get(), server.actualPort(), "/sse", "text/event-stream", PATIENCE);
        clients.add(next);
        assertThat(next.status()).isEqualTo(200);
    }

    private static Optional<String> ownAddress() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
    }

    @Test
    void aClientThatDoesNotReadIsDisconnectedAndTheOthersGetEverything() throws IOException {
        EventStreamClient reader = open("/leader");
        reader.next();
        try (Socket deaf = new Socket()) {
            deaf.setReceiveBufferSize(1_024);
            deaf.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.actualPort()));
            deaf.getOutputStream()
                    .write("GET /leader HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            Wait.until(PATIENCE, () -> "The stream does not open.", () -> streams.open() == 2);

            // Until what the kernel keeps for it, some megabytes, is full, and then what we keep.
            String longName = "-" + "x".repeat(240);
            for (int i = 0; streams.open() == 2; i++) {
                assertThat(i).as("events before it was cut off").isLessThan(50_000);
                driver.follow(i + longName);
                hub.told().join();
                reader.nextWith(i + longName);
            }
        }
        driver.follow("pod-b");
        reader.nextWith("'pod-b' holds the Lease.");
        assertThat(streams.open()).isEqualTo(1);
    }

    @Test
    void atTheEndAllStreamsEndInOrderAfterTheLastState() throws IOException {
        driver.follow("pod-b");
        EventStreamClient leadership = open("/leader");
        EventStreamClient holder = open("/sse");
        leadership.next();
        holder.next();

        streams.close();

        assertThat(leadership.next()).isEmpty();
        assertThat(holder.next()).isEmpty();
        EventStreamClient late = open("/leader");
        assertThat(late.next()).hasSize(4).startsWith("retry: 1000");
        assertThat(late.next()).isEmpty();
        assertThat(streams.open()).isZero();
    }

    private EventStreamClient open(String path) throws IOException {
        return open(path, "text/event-stream");
    }

    private EventStreamClient open(String path, String accept) throws IOException {
        EventStreamClient client = new EventStreamClient(server.actualPort(), path, accept, PATIENCE);
        clients.add(client);
        return client;
    }

    private void renew(long version) {
        hub.observe(new WriteAcknowledged(
                new ObservedLease("pod-a", 7, version + 1, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
    }

    private static long id(List<String> event) {
        return event.stream()
                .filter(line -> line.startsWith("id: "))
                .mapToLong(line -> Long.parseLong(line.substring(4)))
                .findFirst()
                .orElseThrow();
    }
}
