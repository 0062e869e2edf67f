package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpFaultProxyTest {

    private static final String LEASE = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/l";

    @TempDir
    static Path folder;

    private static ServerCertificate certificate;

    private final AtomicInteger served = new AtomicInteger();
    private final CountDownLatch firstChunkRead = new CountDownLatch(1);
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private HttpsServer server;
    private HttpFaultProxy proxy;
    private HttpClient client;

    @BeforeAll
    static void makeCertificate() {
        certificate = ServerCertificate.create(folder);
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setHttpsConfigurator(new HttpsConfigurator(certificate.context()));
        server.setExecutor(executor);
        server.createContext("/", this::echo);
        server.createContext("/stream", this::stream);
        server.start();
        proxy = new HttpFaultProxy(certificate, server.getAddress().getPort());
        client = HttpClient.newBuilder()
                .sslContext(certificate.context())
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    @AfterEach
    void stop() {
        firstChunkRead.countDown();
        proxy.close();
        server.stop(0);
        executor.shutdownNow();
    }

    private void echo(HttpExchange exchange) throws IOException {
        served.incrementAndGet();
        byte[] body = exchange.getRequestBody().readAllBytes();
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private void stream(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write("first\n".getBytes(StandardCharsets.US_ASCII));
            out.flush();
            firstChunkRead.await();
            out.write("second\n".getBytes(StandardCharsets.US_ASCII));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + proxy.port() + path))
                .timeout(Duration.ofSeconds(5));
    }

    private HttpResponse<String> put(String body) throws IOException, InterruptedException {
        return client.send(
                request(LEASE).PUT(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void requestsPassAndAreCounted() throws Exception {
        long start = System.nanoTime();
        assertThat(put("x".repeat(100_000)).body()).hasSize(100_000);
        assertThat(put("again").body()).isEqualTo("again");
        client.send(request(LEASE).GET().build(), HttpResponse.BodyHandlers.ofString());
        assertThat(proxy.countsSince(start)).isEqualTo(Map.of("update leases", 2L, "get leases", 1L));
        assertThat(proxy.since(start)).allMatch(e -> e.status().getNow(0) == 200);
    }

    @Test
    void injectedAnswersNeverReachTheServer() throws Exception {
        HttpFaultProxy.Rule rule = proxy.inject(ApiRequest::writesLeases, Fault.tooManyRequests(3), 1);
        HttpResponse<String> refused = put("x");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("3");
        assertThat(refused.body()).contains("\"reason\":\"TooManyRequests\"");
        assertThat(served).hasValue(0);
        assertThat(put("y").statusCode()).isEqualTo(200);
        assertThat(rule.hits()).isEqualTo(1);
    }

    @Test
    void faultsMeetOnlyWhatTheyAreFor() throws Exception {
        proxy.inject(r -> r.verb().equals("get"), Fault.status(403));
        assertThat(put("x").statusCode()).isEqualTo(200);
        assertThat(client.send(request(LEASE).GET().build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(403);
        proxy.heal();
        assertThat(client.send(request(LEASE).GET().build(), HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aLostAnswerIsAWriteThatWentThrough() {
        proxy.inject(ApiRequest::writesLeases, new Fault.LoseAnswer());
        HttpRequest write = request(LEASE)
                .timeout(Duration.ofMillis(300))
                .PUT(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        assertThatThrownBy(() -> client.send(write, HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(HttpTimeoutException.class);
        assertThat(served).hasValue(1);
    }

    @Test
    void aClosedConnectionInsteadOfAnAnswerIsAWriteThatWentThrough() {
        proxy.inject(ApiRequest::writesLeases, new Fault.CloseInsteadOfAnswer());
        // POST, because the client may repeat what is idempotent.
        HttpRequest write = request("/apis/coordination.k8s.io/v1/namespaces/ns/leases")
                .POST(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        assertThatThrownBy(() -> client.send(write, HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThat(served).hasValue(1);
    }

    @Test
    void aDroppedRequestNeverReachesTheServer() {
        proxy.inject(ApiRequest::writesLeases, new Fault.Swallow());
        HttpRequest write = request(LEASE)
                .timeout(Duration.ofMillis(300))
                .PUT(HttpRequest.BodyPublishers.ofString("x"))
                .build();
        assertThatThrownBy(() -> client.send(write, HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(HttpTimeoutException.class);
        assertThat(served).hasValue(0);
    }

    @Test
    void streamedAnswersPassPieceByPiece() throws Exception {
        HttpResponse<InputStream> response =
                client.send(request("/stream").build(), HttpResponse.BodyHandlers.ofInputStream());
        InputStream body = response.body();
        assertThat(body.readNBytes(6)).asString().isEqualTo("first\n");
        firstChunkRead.countDown();
        assertThat(body.readAllBytes()).asString().isEqualTo("second\n");
    }

    @Test
    void anUpgradedConnectionPassesAllBytes() throws Exception {
        try (ServerSocket upgrading = certificate
                        .context()
                        .getServerSocketFactory()
                        .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
                HttpFaultProxy before = new HttpFaultProxy(certificate, upgrading.getLocalPort())) {
            executor.execute(() -> upgradeOnce(upgrading));
            try (Socket socket = certificate
                    .context()
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), before.port())) {
                socket.setSoTimeout(5_000);
                socket.getOutputStream()
                        .write("GET /w?watch=true HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                                .getBytes(StandardCharsets.US_ASCII));
                InputStream in = socket.getInputStream();
                assertThat(in.readNBytes(UPGRADED.length)).isEqualTo(UPGRADED);
                socket.getOutputStream().write(new byte[] {0, 1, '\r', '\n', (byte) 0xff});
                assertThat(in.readNBytes(5)).containsExactly(0, 1, '\r', '\n', 0xff);
            }
        }
    }

    private static final byte[] UPGRADED =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static void upgradeOnce(ServerSocket listener) {
        try (Socket socket = listener.accept()) {
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.read());
            }
            socket.getOutputStream().write(UPGRADED);
            in.transferTo(socket.getOutputStream());
        } catch (IOException over) {
            // The test has seen what it wanted.
        }
    }
}
