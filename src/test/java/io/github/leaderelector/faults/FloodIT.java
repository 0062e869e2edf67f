package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.LeaderClient;
import io.github.leaderelector.testkit.ProcessCost;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * B3 and B4: connections from other pods, more than can be served. To the sidecar a connection to this machine's own
 * address is one from elsewhere, whatever address of this machine it comes from.
 */
class FloodIT {

    private static final int CONNECTIONS = 3_000;
    private static final Duration HELD = Duration.ofSeconds(5);
    private static final Duration ANSWERED = Duration.ofSeconds(1);
    private static final long MORE_MEMORY_KIB = 40 * 1024;

    private static Scene scene;
    private static InetAddress address;

    /** The behaviour of the connections. */
    enum Kind {
        SEND_NOTHING("", 1),
        HALF_A_HEADER("GET /leader HTTP/1.1\r\nHost: localhost\r\nX-Half: " + "x".repeat(8_000), 1),
        A_LARGE_BODY(
                "POST /leader/drained HTTP/1.1\r\nHost: localhost\r\nContent-Length: 61440\r\n\r\n"
                        + "x".repeat(60_000),
                1),
        A_BODY_IN_CHUNKS(
                "POST /leader/drained HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n"
                        + "x".repeat(60_000),
                1),
        OPEN_STREAMS("GET /sse HTTP/1.1\r\nHost: localhost\r\n\r\n", 1),
        FROM_MANY_ADDRESSES("GET /leader HTTP/1.1\r\nHost: localhost\r\nX-Half: " + "x".repeat(8_000), 250);

        private final String sent;
        private final int addresses;

        Kind(String sent, int addresses) {
            this.sent = sent;
            this.addresses = addresses;
        }
    }

    @BeforeAll
    static void start() throws IOException {
        Optional<InetAddress> own = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
                .findFirst();
        Assumptions.assumeTrue(own.isPresent(), "This machine has no address but the loopback's.");
        address = own.orElseThrow();
        scene = Scene.open("flood", Timings.SHORT, Map.of("MAX_STREAMS", "8"), List.of("sidecar-a"));
        scene.bench().startAll();
    }

    @AfterAll
    static void stop() {
        if (scene != null) {
            scene.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void theLeadIsKeptAndTheOwnPodIsAnswered(Kind kind) throws IOException {
        Replica replica = scene.begin("flood: " + kind);
        long token = replica.process().leader().fencingToken();
        long before = ProcessCost.of(replica.process().pid()).rss();
        List<SocketChannel> flood = new ArrayList<>();
        Duration slowest = Duration.ZERO;
        Duration slowestProbe = Duration.ZERO;
        try {
            for (int i = 0; i < CONNECTIONS; i++) {
                flood.add(connect(replica.httpPort(), kind, i));
                if (i % 100 == 0) {
                    slowest = longer(slowest, ask(replica, token));
                    slowestProbe = longer(slowestProbe, probe(replica, i));
                }
            }
            long end = System.nanoTime() + HELD.toNanos();
            while (System.nanoTime() - end < 0) {
                slowest = longer(slowest, ask(replica, token));
                slowestProbe = longer(slowestProbe, probe(replica, 0));
                LockSupport.parkNanos(50_000_000);
            }
            assertThat(openStreams(replica))
                    .as("streams that the own pod can open")
                    .isEqualTo(8);
        } finally {
            for (SocketChannel connection : flood) {
                connection.close();
            }
        }
        long more = ProcessCost.of(replica.process().pid()).rss() - before;
        String measured = "the same leader; the own pod answered within %.0f ms, a probe from another address within"
                        .formatted(Scene.millis(slowest))
                + " %.0f ms; %+.1f MB of memory".formatted(Scene.millis(slowestProbe), more / 1024.0);
        assertThat(slowest).as(measured).isLessThan(scene.allowing(ANSWERED));
        assertThat(slowestProbe).as(measured).isLessThan(scene.allowing(ANSWERED));
        assertThat(more).as(measured).isLessThan(MORE_MEMORY_KIB);
        assertThat(scene.led()).containsExactly(replica.name());
        scene.conclude(CONNECTIONS + " connections from elsewhere: " + kind, measured);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    /** One connection of the flood. That the sidecar closes it, or takes nothing more, is its right. */
    private static SocketChannel connect(int port, Kind kind, int number) throws IOException {
        SocketChannel connection = SocketChannel.open();
        if (kind.addresses > 1) {
            int from = number % kind.addresses;
            connection.bind(new InetSocketAddress(
                    InetAddress.getByAddress(new byte[] {127, 0, 7, (byte) (from + 1)}), 0));
        }
        connection.connect(new InetSocketAddress(address, port));
        connection.configureBlocking(false);
        try {
            connection.write(ByteBuffer.wrap(kind.sent.getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException closed) {
            // See above.
        }
        return connection;
    }

    /** Asks as the application of the own pod does, by a connection of its own; how long that took. */
    private static Duration ask(Replica replica, long token) throws IOException {
        long from = System.nanoTime();
        try (LeaderClient client = new LeaderClient(replica.httpPort(), Duration.ofSeconds(10))) {
            LeaderAnswer answer = client.ask();
            assertThat(answer.leader()).as("leads").isTrue();
            assertThat(answer.fencingToken()).as("the same tenure").isEqualTo(token);
        }
        return Duration.ofNanos(System.nanoTime() - from);
    }

    /** Asks as the kubelet does: from an address that is not the flood's, or from the flood's own one. */
    private static Duration probe(Replica replica, int number) throws IOException {
        long from = System.nanoTime();
        try (Socket socket = new Socket(
                address, replica.httpPort(), number % 200 == 0 ? InetAddress.getByName("127.0.9.9") : null, 0)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream()
                    .write("GET /q/health/live HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 200 ");
        }
        return Duration.ofNanos(System.nanoTime() - from);
    }

    /** How many of nine streams the own pod can open at once. */
    private static int openStreams(Replica replica) throws IOException {
        List<HttpURLConnection> streams = new ArrayList<>();
        int open = 0;
        try {
            for (int i = 0; i < 9; i++) {
                HttpURLConnection stream =
                        (HttpURLConnection) URI.create("http://127.0.0.1:" + replica.httpPort() + "/sse")
                                .toURL()
                                .openConnection();
                stream.setReadTimeout(10_000);
                streams.add(stream);
                if (stream.getResponseCode() == 200) {
                    open++;
                }
            }
        } finally {
            streams.forEach(HttpURLConnection::disconnect);
        }
        return open;
    }
}
