package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.testkit.Wait;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
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

/** A1 and B3, with the HTTP server of Vert.x and real sockets; only the clocks are played. */
class ConnectionsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String LEADER = "GET /leader HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String LATE = "GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String LARGE = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final String STREAM = "GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private static Vertx vertx;

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
    private final OutletDriver driver = new OutletDriver(hub, ticker);
    private final List<Socket> sockets = new ArrayList<>();
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
        Settings settings = SettingsFixture.settings(Map.of());
        streams = new EventStreams(hub, ticker, settings, new ObjectMapper(), vertx);
        Connections connections = new Connections(settings, hub, streams, ticker);
        Router router = Router.router(vertx);
        streams.route(router);
        router.route("/large").handler(request -> request.end("x".repeat(1_000_000)));
        router.route("/late").handler(request -> {
            HttpServerResponse response = request.response();
            ticker.advance(LateAnswerCheck.BOUND.plusMillis(1));
            response.end("I lead");
        });
        router.route().last().handler(request -> request.end("I lead"));
        HttpServerOptions options = new HttpServerOptions();
        connections.customizeHttpServer(options);
        server = vertx.createHttpServer(options)
                .connectionHandler(connection -> connections.add(((ConnectionBase) connection).channel()))
                .requestHandler(router)
                .listen(0, "0.0.0.0")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        hub.subscribeSign("event streams", streams.executor(), streams);
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        server.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void answersComeInOrderAlsoWhenManyAreAskedForAtOnce() throws IOException {
        driver.lead();
        Socket socket = connect("127.0.0.1");

        send(socket, LEADER.repeat(50));

        assertThat(read(socket, 50)).isEqualTo(50 * "I lead".length());
    }

    @Test
    void aLargeAnswerThatTheNetworkTakesInPartsArrivesWhole() throws IOException {
        driver.lead();
        Socket socket = connect("127.0.0.1");

        for (int i = 0; i < 3; i++) {
            send(socket, LARGE);
            assertThat(read(socket, 1)).isEqualTo(1_000_000);
        }
    }

    @Test
    void aLateAnswerOfALeaderResetsTheConnection() throws IOException {
        driver.lead();
        Socket socket = connect("127.0.0.1");

        send(socket, LATE);

        assertThatThrownBy(() -> socket.getInputStream().read())
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void aLateAnswerOfAFollowerIsSent() throws IOException {
        driver.follow("pod-b");
        Socket socket = connect("127.0.0.1");

        send(socket, LATE);

        assertThat(read(socket, 1)).isPositive();
    }

    @Test
    void whatFollowsALateAnswerInAPipelineIsNotSentEither() throws IOException {
        driver.lead();
        Socket socket = connect("127.0.0.1");

        send(socket, LEADER + LATE + LEADER);

        assertThatThrownBy(() -> read(socket, 3)).isInstanceOf(SocketException.class);
    }

    @Test
    void aStreamThatIsOldGetsNewEvents() throws IOException {
        driver.follow("pod-b");
        Socket socket = connect("127.0.0.1");
        send(socket, STREAM);
        readUntil(socket, "pod-b");
        ticker.advance(Duration.ofSeconds(60));

        driver.lead();

        readUntil(socket, "\"name\":\"pod-a\"");
    }

    /** The answers that it requested would fill the memory several times. */
    @Test
    void aClientThatReadsNoAnswersIsDisconnected() throws IOException {
        Socket socket = connect("127.0.0.1");

        // All at once, as what is answered before the first flush counts, too.
        assertThatThrownBy(() -> {
                    send(socket, LARGE.repeat(1_000));
                    read(socket, 1_000);
                })
                .isInstanceOf(IOException.class);
    }

    @Test
    void anotherAddressHasSixtyFourConnectionsAndTheOwnPodAllThatItNeeds() throws IOException {
        String other = ownAddress();
        List<Socket> own = new ArrayList<>();
        List<Socket> others = new ArrayList<>();
        for (int i = 0; i < 2 * Connections.PER_ADDRESS; i++) {
            own.add(connect("127.0.0.1"));
            others.add(connect(other));
        }

        for (int i = 0; i < Connections.PER_ADDRESS; i++) {
            Socket oldest = others.get(i);
            assertThat(oldest.getInputStream().read()).as("%d is closed", i).isEqualTo(-1);
        }
        for (Socket open : own) {
            send(open, LEADER);
            assertThat(read(open, 1)).isPositive();
        }
        for (Socket open : others.subList(Connections.PER_ADDRESS, others.size())) {
            send(open, LEADER);
            assertThat(read(open, 1)).isPositive();
        }
    }

    @Test
    void aConnectionThatIsClosedLeavesItsPlace() throws IOException {
        String other = ownAddress();
        Socket first = connect(other);
        for (int i = 0; i < 2 * Connections.PER_ADDRESS; i++) {
            try (Socket brief = connect(other)) {
                send(brief, LEADER);
                assertThat(read(brief, 1)).isPositive();
            }
        }
        // The last ones may not be noticed yet.
        Wait.pass(Duration.ofMillis(50));

        send(first, LEADER);
        assertThat(read(first, 1)).isPositive();
    }

    private Socket connect(String address) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress(InetAddress.getByName(address), server.actualPort()));
        socket.setSoTimeout((int) PATIENCE.toMillis());
        sockets.add(socket);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Reads {@code answers} answers; how long their bodies are together. */
    private static int read(Socket socket, int answers) throws IOException {
        BufferedReader in = new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII), 64 * 1024);
        int bodies = 0;
        for (int i = 0; i < answers; i++) {
            String status = in.readLine();
            if (status == null) {
                throw new EOFException();
            }
            assertThat(status).isEqualTo("HTTP/1.1 200 OK");
            int length = 0;
            for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                if (line.startsWith("content-length: ")) {
                    length = Integer.parseInt(line.substring(16));
                }
            }
            for (int left = length; left > 0; left--) {
                if (in.read() < 0) {
                    throw new EOFException();
                }
            }
            bodies += length;
        }
        return bodies;
    }

    private static void readUntil(Socket socket, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        byte[] part = new byte[1_024];
        while (all.indexOf(text) < 0) {
            int read = socket.getInputStream().read(part);
            assertThat(read).as("read after %s", all).isPositive();
            all.append(new String(part, 0, read, StandardCharsets.UTF_8));
        }
    }

    private static String ownAddress() throws IOException {
        Optional<String> own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
        Assumptions.assumeTrue(own.isPresent(), "This machine has no address but the loopback's.");
        return own.orElseThrow();
    }
}
