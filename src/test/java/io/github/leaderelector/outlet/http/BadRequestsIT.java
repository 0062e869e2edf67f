package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.SidecarProcess;
import io.github.leaderelector.testkit.Wait;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packaged application's answers to requests that are wrong from the first byte on, over plain sockets. Most of it
 * is what Vert.x and Quarkus do; here it is kept.
 */
class BadRequestsIT {

    private static final String HOST = "Host: localhost\r\nConnection: close\r\n";
    private static final String END = HOST + "\r\n";
    private static final String NOTHING_HERE = "There is nothing here; GET /leader, / and /q/health have something.";

    private static SidecarProcess sidecar;
    private static int port;

    @BeforeAll
    static void start() throws IOException {
        port = Ports.free();
        Path directory = Files.createDirectories(Path.of("target", "bad-requests"));
        sidecar = SidecarProcess.start(
                SidecarProcess.Spec.of(
                        Map.of(
                                "KUBECONFIG",
                                directory.resolve("none").toString(),
                                "LEASE_NAME",
                                "app-lock",
                                "LEADER_FILE",
                                "",
                                "HTTP_PORT",
                                String.valueOf(port)),
                        directory.resolve("log")),
                port);
        Wait.until(Duration.ofSeconds(60), () -> sidecar.tail(), () -> !Ports.isFree(port));
    }

    /** As many answers as that would fill the memory several times. */
    @Test
    void aClientThatReadsNoAnswersIsDisconnected() throws IOException {
        byte[] requests =
                "GET /q/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100).getBytes(StandardCharsets.UTF_8);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 2_000; i++) {
                            socket.getOutputStream().write(requests);
                        }
                    })
                    .isInstanceOf(SocketException.class);
        }
        assertThat(sidecar.isAlive()).as(sidecar::tail).isTrue();
        assertThat(sidecar.leader().leader()).isFalse();
    }

    @AfterAll
    static void stop() {
        sidecar.close();
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("a path that is too long", "GET /" + "x".repeat(5_000) + " HTTP/1.1\r\n" + END, 414),
                Arguments.of(
                        "a header that is too long",
                        "GET /leader HTTP/1.1\r\nX: " + "x".repeat(30_000) + "\r\n" + END,
                        431),
                Arguments.of(
                        "headers that are too many",
                        "GET /leader HTTP/1.1\r\n" + "X: 123456789\r\n".repeat(2_000) + END,
                        431),
                Arguments.of(
                        "a body that is too long",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 4097\r\n" + END,
                        413),
                Arguments.of("no HTTP", "Hello, sidecar!\r\n\r\n", 400),
                Arguments.of("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u00fc\r\n\r\n", 400),
                Arguments.of("a header without a colon", "GET /leader HTTP/1.1\r\nHello\r\n" + END, 400),
                Arguments.of(
                        "a length that is none", "POST /leader/drained HTTP/1.1\r\nContent-Length: -1\r\n" + END, 400),
                Arguments.of(
                        "two lengths",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 1\r\n" + END,
                        400),
                Arguments.of(
                        "a length and chunks",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + END
                                + "0\r\n\r\n",
                        400),
                Arguments.of("another version", "GET /leader HTTP/3.0\r\n" + END, 505),
                Arguments.of("no host", "GET /leader HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
                Arguments.of(
                        "a host that is none",
                        "GET /leader HTTP/1.1\r\nHost: a b@/c\r\nConnection: close\r\n\r\n",
                        400),
                Arguments.of("a path that is not encoded", "GET /leader%zz HTTP/1.1\r\n" + END, 400),
                Arguments.of(
                        "two hosts, for what only the own pod may ask",
                        "POST /leader/step-down HTTP/1.1\r\nHost: a\r\n" + END,
                        403),
                Arguments.of("a path without a slash", "GET leader HTTP/1.1\r\n" + END, 404),
                Arguments.of("CONNECT, as to a proxy", "CONNECT localhost:80 HTTP/1.1\r\n" + END, 404));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("wrong")
    void whatIsWrongGetsItsStatus(String what, String request, int status) throws IOException {
        assertThat(send(request)).matches("(?s)HTTP/\\d\\.\\d " + status + " .*");
    }

    @Test
    void aBodyIsNeitherNeededNorInTheWay() throws IOException {
        assertThat(send("POST /leader/drained HTTP/1.1\r\nContent-Length: 2\r\n" + END + "{}"))
                .startsWith("HTTP/1.1 409 ");
        assertThat(send("POST /leader/drained HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + END
                        + "2\r\n{}\r\n0\r\n\r\n"))
                .startsWith("HTTP/1.1 409 ");
    }

    /** B3: a client that sends a header byte by byte is disconnected. */
    @Test
    void aRequestThatDoesNotArriveEndsTheConnection() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(1_000);
            long from = System.nanoTime();
            assertThatThrownBy(() -> {
                        for (int second = 0; second < 30; second++) {
                            socket.getOutputStream().write('x');
                            assertThat(readWithin(socket)).as("what it answers").isZero();
                        }
                    })
                    .isInstanceOf(IOException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - from))
                    .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(20));
        }
    }

    /** How many bytes come within the time-out. */
    private static int readWithin(Socket socket) throws IOException {
        try {
            if (socket.getInputStream().read() < 0) {
                throw new EOFException();
            }
            return 1;
        } catch (SocketTimeoutException nothing) {
            return 0;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "OPTIONS"})
    void aMethodThatIsNotThereIsRefusedWithThoseThatAre(String method) throws IOException {
        for (String path : RouteFilter.GET_PATHS) {
            assertThat(send(method + " " + path + " HTTP/1.1\r\n" + END))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("\r\nallow: GET, HEAD\r\n")
                    .endsWith("\r\n\r\nThis can only be read; ask with GET.\n");
        }
        for (String path : RouteFilter.POST_PATHS) {
            assertThat(send(method + " " + path + " HTTP/1.1\r\n" + END))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("\r\nallow: POST\r\n")
                    .endsWith("\r\n\r\nThis changes something; ask with POST.\n");
        }
    }

    @Test
    void everyPathThatCanBeReadAnswersAHead() throws IOException {
        for (String path : new TreeSet<>(RouteFilter.GET_PATHS)) {
            assertThat(send("HEAD " + path + " HTTP/1.1\r\n" + END))
                    .as(path)
                    .matches("(?s)HTTP/1.1 (200|503) .*\r\n\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/q/health/group/leaders",
                "/q/health/readyz",
                "/q/health/group",
                "/q/metrics/all",
                "/q",
                "/leader;x=1"
            })
    void aProbeWithASlipOfThePenFails(String path) throws IOException {
        assertThat(send("GET " + path + " HTTP/1.1\r\n" + END))
                .startsWith("HTTP/1.1 404 ")
                .endsWith("\r\n\r\n" + NOTHING_HERE + "\n");
    }

    @Test
    void nothingOfThatIsWorthALineInTheLog() throws IOException {
        for (Arguments wrong : wrong().toList()) {
            send((String) wrong.get()[1]);
        }

        assertThat(sidecar.lines())
                .as("lines that are not about the missing API server")
                .allSatisfy(line -> assertThat(line.text()).contains(" LE-201 "));
    }

    /** All that comes back until the other side closes the connection. */
    private static String send(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (SocketException reset) {
                // Closed while something that we sent was not read yet; the answer has come before.
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }
}
