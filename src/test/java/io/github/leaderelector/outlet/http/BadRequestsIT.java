package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.SidecarProcess;
import io.github.leaderelector.testkit.Wait;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
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

/** What the packaged application answers to requests that are wrong from the first byte on, over plain sockets. */
class BadRequestsIT {

    private static final String HOST = "Host: localhost\r\nConnection: close\r\n";
    private static final String END = HOST + "\r\n";
    private static final String NOTHING_HERE = "There is nothing here; GET /leader, / and /q/health have something.";
    private static final String NO_HOST = "The header Host is missing, or is not a host with or without a port.";
    private static final String UNKNOWN_LENGTH = "A body of unknown length is not read; none is needed here.";
    private static final String NOT_HTTP = "This is not a request as HTTP/1.1 has it.";
    private static final String NOT_ENCODED = "The path and the query must be percent-encoded.";
    private static final String NO_SLASH =
            "The path must begin with a slash; GET /leader, / and /q/health have something.";

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
    void whoAsksOnAndOnAndReadsNoAnswerIsHungUpOn() throws IOException {
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
                Arguments.of(
                        "a path that is too long",
                        "GET /" + "x".repeat(5_000) + " HTTP/1.1\r\n" + END,
                        414,
                        "The path and the query are too long."),
                Arguments.of(
                        "a header that is too long",
                        "GET /leader HTTP/1.1\r\nX: " + "x".repeat(30_000) + "\r\n" + END,
                        431,
                        "The headers are too long."),
                Arguments.of(
                        "headers that are too many",
                        "GET /leader HTTP/1.1\r\n" + "X: 123456789\r\n".repeat(2_000) + END,
                        431,
                        "The headers are too long."),
                Arguments.of(
                        "a body that is too long",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 65537\r\n" + END,
                        413,
                        "The body is longer than 65536 bytes; none is needed here."),
                Arguments.of(
                        "a body of unknown length",
                        "POST /leader/drained HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + END
                                + "2\r\n{}\r\n0\r\n\r\n",
                        411,
                        UNKNOWN_LENGTH),
                Arguments.of(
                        "a body in chunks that are none",
                        "POST /leader/drained HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + END + "Hello\r\n",
                        411,
                        UNKNOWN_LENGTH),
                Arguments.of("no HTTP", "Hello, sidecar!\r\n\r\n", 400, NOT_HTTP),
                Arguments.of("TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u00fc\r\n\r\n", 400, NOT_HTTP),
                Arguments.of("a header without a colon", "GET /leader HTTP/1.1\r\nHello\r\n" + END, 400, NOT_HTTP),
                Arguments.of(
                        "a length that is none",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: -1\r\n" + END,
                        400,
                        NOT_HTTP),
                Arguments.of(
                        "two lengths",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 1\r\n" + END,
                        400,
                        NOT_HTTP),
                Arguments.of(
                        "a length and chunks",
                        "POST /leader/drained HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + END
                                + "0\r\n\r\n",
                        400,
                        NOT_HTTP),
                Arguments.of(
                        "another version",
                        "GET /leader HTTP/3.0\r\n" + END,
                        505,
                        "Only HTTP/1.1 and HTTP/1.0 are spoken here."),
                Arguments.of("no host", "GET /leader HTTP/1.1\r\nConnection: close\r\n\r\n", 400, NO_HOST),
                Arguments.of(
                        "a host that is none",
                        "GET /leader HTTP/1.1\r\nHost: a b@/c\r\nConnection: close\r\n\r\n",
                        400,
                        NO_HOST),
                Arguments.of(
                        "two hosts",
                        "GET /leader HTTP/1.1\r\nHost: a\r\n" + END,
                        400,
                        "There must be one header Host, not several."),
                Arguments.of("a path that is not encoded", "GET /leader%zz HTTP/1.1\r\n" + END, 400, NOT_ENCODED),
                Arguments.of(
                        "a query that is not encoded",
                        "POST /leader/step-down?cooldown=%zz HTTP/1.1\r\n" + END,
                        400,
                        NOT_ENCODED),
                Arguments.of("a path without a slash", "GET leader HTTP/1.1\r\n" + END, 404, NO_SLASH),
                Arguments.of("CONNECT, as to a proxy", "CONNECT localhost:80 HTTP/1.1\r\n" + END, 404, NO_SLASH));
    }

    @ParameterizedTest(name = "{0}: {2}")
    @MethodSource("wrong")
    void whatIsWrongGetsItsStatusAndOneSentence(String what, String request, int status, String sentence)
            throws IOException {
        String answer = send(request);

        assertThat(answer).matches("(?s)HTTP/\\d\\.\\d " + status + " .*").endsWith("\r\n\r\n" + sentence + "\n");
        assertThat(answer).containsIgnoringCase("\r\ncontent-type: text/plain\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND"})
    void aMethodThatIsNotThereIsRefusedWithThoseThatAre(String method) throws IOException {
        for (String path : Refusals.READ_ONLY) {
            assertThat(send(method + " " + path + " HTTP/1.1\r\n" + END))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("\r\nallow: GET, HEAD, OPTIONS\r\n")
                    .endsWith("\r\n\r\nThis can only be read; ask with GET.\n");
        }
        for (String path : Refusals.ORDERS) {
            assertThat(send(method + " " + path + " HTTP/1.1\r\n" + END))
                    .startsWith("HTTP/1.1 405 ")
                    .contains("\r\nallow: POST, OPTIONS\r\n")
                    .endsWith("\r\n\r\nThis changes something; ask with POST.\n");
        }
    }

    @Test
    void everyPathThatCanBeReadAnswersAHead() throws IOException {
        for (String path : new TreeSet<>(Refusals.READ_ONLY)) {
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
