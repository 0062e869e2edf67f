package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiClientTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ApiRequest LEASE =
            ApiRequest.get("get Lease prod/app-lock", "/apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock");

    private static Vertx vertx;

    @BeforeAll
    static void start() {
        vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setWorkerPoolSize(1));
    }

    @AfterAll
    static void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void asksWithItsCredentialsAndTheServersPath() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) -> ScriptedServer.json(200, "{}"));
                ApiClient client = client(Fixtures.access(server.url() + "/k8s/c-1", "t0ken"), PATIENCE)) {
            assertThat(client.send(ApiRequest.put("update it", "/api", "{\"a\":1}")))
                    .succeedsWithin(PATIENCE);

            assertThat(server.requests().get(0))
                    .startsWith("PUT /k8s/c-1/api HTTP/1.1\n")
                    .containsIgnoringCase("Authorization: Bearer t0ken\n")
                    .containsIgnoringCase("Content-Type: application/json\n")
                    .containsIgnoringCase("Content-Length: 7\n");
        }
    }

    @Test
    void aRequestThatIsNotAnsweredFailsInTime() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) -> null);
                ApiClient client = client(Fixtures.access(server.url(), "t"), Duration.ofMillis(200))) {
            assertThat(client.send(LEASE))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("The API server " + server.url()
                            + " cannot be reached (get Lease prod/app-lock): no answer within 200 ms."
                            + " Its address is from context 'c' of '/home/me/.kube/config'.");
        }
    }

    /** B6: the established connections are black-holed, new ones work. */
    @Test
    void whatAnOldConnectionDoesNotAnswerIsAskedOnANewOneWhileMostOfTheTimeIsLeft() throws Exception {
        Duration limit = Duration.ofSeconds(6);
        try (ScriptedServer server = new ScriptedServer((connection, head) ->
                        connection > 1 || head.contains("first") ? ScriptedServer.json(200, "{}") : null);
                ApiClient client = client(Fixtures.access(server.url(), "t"), limit)) {
            assertThat(client.send(ApiRequest.get("get it", "/first"))).succeedsWithin(PATIENCE);

            long begin = System.nanoTime();
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(limit.dividedBy(2));
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);

            assertThat(server.connections()).isEqualTo(2);
        }
    }

    /** A kept connection that the other side has closed is no failure. */
    @Test
    void whatAnOldConnectionBreaksOnIsAskedAgain() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) ->
                        connection > 1 || head.contains("first") ? ScriptedServer.json(200, "{}") : "");
                ApiClient client = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            assertThat(client.send(ApiRequest.get("get it", "/first"))).succeedsWithin(PATIENCE);
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);

            assertThat(server.connections()).isEqualTo(2);
        }
    }

    /** E2: the name has two addresses, and nothing listens on the first. */
    @Test
    void allAddressesOfANameAreTriedAndTheOneThatWorksIsKept() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) -> ScriptedServer.json(200, "{}"))) {
            Addresses.Lookup two = host -> new InetAddress[] {
                InetAddress.getByAddress(new byte[] {127, 0, 0, 2}), InetAddress.getByAddress(new byte[] {127, 0, 0, 1})
            };
            ApiAccess access = Fixtures.access("http://api.example:" + server.port(), "t");
            try (ApiClient client =
                    new ApiClient(Fixtures.store(access, access), vertx, PATIENCE, Ticker.system(), two)) {
                assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
                assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);

                assertThat(server.connections()).isEqualTo(1);
                assertThat(server.requests().get(0)).containsIgnoringCase("Host: api.example:" + server.port());
            }
        }
    }

    /** B1: a name server that does not answer. */
    @Test
    void aSlowLookupDoesNotDelayOtherClients() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        ApiAccess access = Fixtures.access("http://api.example:1", "t");
        Addresses.Lookup silent = host -> {
            try {
                never.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            return new InetAddress[0];
        };
        try (ScriptedServer server = new ScriptedServer((connection, head) -> ScriptedServer.json(200, "{}"));
                ApiClient stuck = new ApiClient(
                        Fixtures.store(access, access), vertx, Duration.ofMillis(500), Ticker.system(), silent);
                ApiClient other = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            CompletableFuture<ApiResponse> waiting = stuck.send(LEASE);
            assertThat(other.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(waiting).failsWithin(PATIENCE);
        } finally {
            never.countDown();
        }
    }

    /** D6: the text of a name that is unknown does not alternate. */
    @Test
    void anUnknownHostIsCalledSoWithWhereItsNameIsFrom() throws Exception {
        Addresses.Lookup unknown = host -> {
            throw new java.net.UnknownHostException(host + ": Temporary failure in name resolution");
        };
        ApiAccess access = Fixtures.access("https://api.example:1", "t");
        try (ApiClient client =
                new ApiClient(Fixtures.store(access, access), vertx, PATIENCE, Ticker.system(), unknown)) {
            assertThat(client.send(LEASE))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("The API server https://api.example:1 cannot be reached (get Lease prod/app-lock):"
                            + " unknown host 'api.example'. Its address is from context 'c' of"
                            + " '/home/me/.kube/config'.");
        }
    }

    /** E3: a token that has expired is replaced by the file's new one within the same request. */
    @Test
    void credentialsThatAreNotAcceptedAreReadAnewAtOnce() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) -> head.contains("Bearer new")
                ? ScriptedServer.json(200, "{}")
                : ScriptedServer.json(401, "{\"kind\":\"Status\",\"message\":\"Unauthorized\"}"))) {
            try (ApiClient client = new ApiClient(
                    Fixtures.store(Fixtures.access(server.url(), "old"), Fixtures.access(server.url(), "new")),
                    vertx,
                    PATIENCE,
                    Ticker.system())) {
                assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            }
            assertThat(server.requests()).hasSize(2);
        }
    }

    /** E3: the API server shows a certificate of a new authority. */
    @Test
    void authoritiesThatDoNotFitAreReadAnewAtOnce() throws Exception {
        HttpServer server = tlsServer("server-b");
        String url = "https://127.0.0.1:" + server.actualPort();
        try (ApiClient client = new ApiClient(
                Fixtures.store(
                        Fixtures.access(url, "t", Fixtures.trusting("server-a.crt", Optional.empty())),
                        Fixtures.access(url, "t", Fixtures.trusting("server-b.crt", Optional.empty()))),
                vertx,
                PATIENCE,
                Ticker.system())) {
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
        } finally {
            server.close();
        }
    }

    /** D2: which certificates are trusted is told. */
    @Test
    void aCertificateThatIsNotTrustedIsToldWithThoseThatAre() throws Exception {
        HttpServer server = tlsServer("server-b");
        ApiAccess access = Fixtures.access(
                "https://127.0.0.1:" + server.actualPort(), "t", Fixtures.trusting("server-a.crt", Optional.empty()));
        try (ApiClient client = client(access, PATIENCE)) {
            assertThat(client.send(LEASE))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("; the certificates that are trusted are those in '/pki/ca.crt'.");
        } finally {
            server.close();
        }
    }

    /** E5: tls-server-name. */
    @Test
    void theCertificateMustHaveTheHostsNameOrTheOneThatIsConfigured() throws Exception {
        Set<String> hosts = ConcurrentHashMap.newKeySet();
        HttpServer server = listening(tls("server-other").setUseAlpn(true), request -> {
            hosts.add(String.valueOf(request.authority()));
            request.response().end("{}");
        });
        String url = "https://127.0.0.1:" + server.actualPort();
        try (ApiClient byAddress = client(
                        Fixtures.access(url, "t", Fixtures.trusting("server-other.crt", Optional.empty())), PATIENCE);
                ApiClient byName = client(
                        Fixtures.access(url, "t", Fixtures.trusting("server-other.crt", Optional.of("other.example"))),
                        PATIENCE);
                ApiClient byWrongName = client(
                        Fixtures.access(url, "t", Fixtures.trusting("server-other.crt", Optional.of("api.example"))),
                        PATIENCE)) {
            assertThat(byName.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(byAddress.send(LEASE)).failsWithin(PATIENCE);
            assertThat(byWrongName.send(LEASE)).failsWithin(PATIENCE);
            assertThat(hosts).containsExactly("127.0.0.1:" + server.actualPort());
        } finally {
            server.close();
        }
    }

    /** E5: proxy-url; and what a proxy answers is told. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void aProxyIsAskedForTheServer(String scheme) throws Exception {
        try (ScriptedServer proxy =
                new ScriptedServer((connection, head) -> ScriptedServer.answer(407, "text/html", "<p>"))) {
            ApiAccess direct = Fixtures.access(scheme + "://api.example:6443", "t");
            ApiAccess access = new ApiAccess(
                    direct.server(),
                    direct.tls(),
                    direct.headers(),
                    Optional.of(new ApiAccess.Proxy(URI.create(proxy.url()), Optional.of("me"), Optional.of("s3cr3t"))),
                    direct.namespace(),
                    direct.origin(),
                    direct.anonymous());
            try (ApiClient client = client(access, PATIENCE)) {
                assertThat(client.send(LEASE))
                        .failsWithin(PATIENCE)
                        .withThrowableThat()
                        .havingRootCause()
                        .withMessageContaining("407")
                        .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("s3cr3t"));
            }
            assertThat(proxy.requests().get(0))
                    .startsWith(scheme.equals("https") ? "CONNECT api.example:6443 " : "GET http://api.example:6443/")
                    .containsIgnoringCase("Proxy-Authorization: Basic bWU6czNjcjN0");
        }
    }

    /** D4: a proxy that refuses WebSockets has nothing to refuse. */
    @Test
    void aWatchIsAPlainRequestWhoseAnswerTellsItsLinesAndItsEnd() throws Exception {
        Events events = new Events();
        try (ScriptedServer server = new ScriptedServer((connection, head) ->
                        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"a\":1}\n\n{\"b\":\"ä\"}\n");
                ApiClient client = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            assertThat(client.watch(LEASE, events)).succeedsWithin(PATIENCE);

            assertThat(events.end).succeedsWithin(PATIENCE).isEqualTo("The watch was closed.");
            assertThat(events.told).containsExactly("{\"a\":1}", "{\"b\":\"ä\"}");
            assertThat(server.requests()).singleElement().asString().doesNotContainIgnoringCase("upgrade");
        }
    }

    @Test
    void aWatchThatIsRefusedFailsWithTheAnswer() throws Exception {
        Events events = new Events();
        try (ScriptedServer server = new ScriptedServer((connection, head) ->
                        ScriptedServer.json(429, "{\"kind\":\"Status\",\"message\":\"slow down\"}"));
                ApiClient client = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            assertThat(client.watch(LEASE, events))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("answered 429 (get Lease prod/app-lock): slow down.");
            assertThat(events.end).isNotDone();
        }
    }

    @Test
    void aWatchWithoutAnAnswerFailsInTime() throws Exception {
        try (ScriptedServer server = new ScriptedServer((connection, head) -> null);
                ApiClient client = client(Fixtures.access(server.url(), "t"), Duration.ofMillis(300))) {
            assertThat(client.watch(LEASE, new Events()))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("no answer within 300 ms");
        }
    }

    /** A stop while a watch is being opened. */
    @Test
    @SuppressWarnings("try")
    void aWatchThatIsBeingOpenedFailsWhenTheClientIsClosed() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (ScriptedServer server = new ScriptedServer((connection, head) -> {
                    asked.countDown();
                    await(ended);
                    return "";
                });
                ApiClient client = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            var watch = client.watch(LEASE, new Events());
            await(asked);
            client.close();
            ended.countDown();

            assertThat(watch).failsWithin(PATIENCE);
            assertThat(server.requests()).hasSize(1);
        }
    }

    /** A write finds the connection of the watch open, and waits for no handshake. */
    @Test
    void withHttp2OneConnectionServesTheWatchAndAllRequests() throws Exception {
        Events events = new Events();
        Set<String> connections = ConcurrentHashMap.newKeySet();
        HttpServer server = listening(tls("server-a").setUseAlpn(true), request -> {
            connections.add(request.version() + " " + request.connection().remoteAddress());
            if (request.path().equals("/watch")) {
                request.response().write("{\"a\":1}\n");
            } else {
                request.response().end("{}");
            }
        });
        String url = "https://127.0.0.1:" + server.actualPort();
        try (ApiClient client =
                client(Fixtures.access(url, "t", Fixtures.trusting("server-a.crt", Optional.empty())), PATIENCE)) {
            ApiWatch watch =
                    client.watch(ApiRequest.get("watch it", "/watch"), events).get(30, TimeUnit.SECONDS);
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            watch.close();
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);

            assertThat(connections).singleElement().asString().startsWith("HTTP_2 ");
            assertThat(events.end).isNotDone();
        } finally {
            server.close();
        }
    }

    /** The one connection of HTTP/2 is silent: the next request must not wait for it, and the watch on it ends. */
    @Test
    void aConnectionOfHttp2ThatIsSilentIsReplacedAndTheWatchOnItEnds() throws Exception {
        Events events = new Events();
        Set<String> silent = ConcurrentHashMap.newKeySet();
        HttpServer server = listening(tls("server-a").setUseAlpn(true), request -> {
            String connection = request.connection().remoteAddress().toString();
            if (request.path().equals("/watch")) {
                silent.add(connection);
                request.response().write("{\"a\":1}\n");
            } else if (!silent.contains(connection)) {
                request.response().end("{}");
            }
        });
        String url = "https://127.0.0.1:" + server.actualPort();
        try (ApiClient client = client(
                Fixtures.access(url, "t", Fixtures.trusting("server-a.crt", Optional.empty())),
                Duration.ofSeconds(2))) {
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(client.watch(ApiRequest.get("watch it", "/watch"), events))
                    .succeedsWithin(PATIENCE);

            assertThat(client.send(LEASE)).succeedsWithin(Duration.ofSeconds(2));
            assertThat(events.end).succeedsWithin(PATIENCE);
        } finally {
            server.close();
        }
    }

    /** As an API server does with a request that takes it too long. */
    @Test
    void aRequestThatTheServerResetsIsSaidToBeSo() throws Exception {
        HttpServer server = listening(
                tls("server-a").setUseAlpn(true), request -> request.response().reset(2));
        String url = "https://127.0.0.1:" + server.actualPort();
        try (ApiClient client =
                client(Fixtures.access(url, "t", Fixtures.trusting("server-a.crt", Optional.empty())), PATIENCE)) {
            assertThat(client.send(LEASE))
                    .failsWithin(PATIENCE)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("the server reset the request (HTTP/2 error 2)");
        } finally {
            server.close();
        }
    }

    /** A handshake that never ends: the next request has a connection of its own. */
    @Test
    void aRequestDoesNotWaitForTheConnectionOfOneThatWasGivenUp() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ApiClient client = client(
                        Fixtures.access("https://127.0.0.1:" + mute.getLocalPort(), "t"), Duration.ofMillis(500))) {
            assertThat(client.send(LEASE)).failsWithin(PATIENCE);
            mute.accept().close();
            var second = client.send(LEASE);
            mute.setSoTimeout((int) PATIENCE.toMillis());
            mute.accept().close();
            assertThat(second).failsWithin(PATIENCE);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** A connection that comes about when time is up is given up without a word. */
    @Test
    void whatIsGivenUpIsNotLoggedByALibrary() throws Exception {
        CompletableFuture<ApiResponse> result = new CompletableFuture<>();
        try (CollectedLog log = new CollectedLog("io.vertx.core.http.impl");
                ScriptedServer server = new ScriptedServer((connection, head) -> ScriptedServer.json(200, "{}"));
                ApiClient client = client(Fixtures.access(server.url(), "t"), PATIENCE)) {
            ApiAccess access = Fixtures.access(server.url(), "t");
            ApiCall call = new ApiCall(client, LEASE, result);
            call.begin(access);
            result.completeExceptionally(new TimeoutException());

            // One after the other, on the same event loop.
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(client.send(LEASE)).succeedsWithin(PATIENCE);
            assertThat(log.lines()).isEmpty();
        }
    }

    private static HttpServer tlsServer(String name) {
        return listening(tls(name), request -> request.response().end("{}"));
    }

    private static HttpServerOptions tls(String name) {
        return new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertValue(Buffer.buffer(Fixtures.text(name + ".crt")))
                        .addKeyValue(Buffer.buffer(Fixtures.text(name + ".key"))));
    }

    private static HttpServer listening(HttpServerOptions options, Handler<HttpServerRequest> handler) {
        return vertx.createHttpServer(options)
                .requestHandler(handler)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    private static ApiClient client(ApiAccess access, Duration limit) throws AccessException {
        return new ApiClient(Fixtures.store(access, access), vertx, limit, Ticker.system());
    }

    private static final class Events implements ApiWatch.Listener {
        private final List<String> told = new java.util.concurrent.CopyOnWriteArrayList<>();
        private final CompletableFuture<String> end = new CompletableFuture<>();

        @Override
        public void event(String json) {
            told.add(json);
        }

        @Override
        public void ended(String why) {
            end.complete(why);
        }
    }
}
