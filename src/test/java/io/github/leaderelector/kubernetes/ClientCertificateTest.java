package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** E6: all keys that kubectl takes, each shown to a server that wants it. */
class ClientCertificateTest {

    private static Vertx vertx;

    @BeforeAll
    static void open() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    static Stream<Arguments> keys() {
        List<Arguments> files = List.of(
                Arguments.of("client-rsa", "client-rsa-pkcs1"),
                Arguments.of("client-rsa", "client-rsa-pkcs8"),
                Arguments.of("client-ec", "client-ec-sec1"),
                Arguments.of("client-ec", "client-ec-pkcs8"),
                Arguments.of("client-ec384", "client-ec384-sec1"),
                Arguments.of("client-ec384", "client-ec384-pkcs8"),
                Arguments.of("client-ed25519", "client-ed25519"));
        return Form.all()
                .flatMap(form ->
                        files.stream().map(Arguments::get).map(names -> Arguments.of(names[0], names[1], form)));
    }

    /** What may be around and between the lines of PEM. */
    private record Form(String name, UnaryOperator<String> change) {

        static Stream<Form> all() {
            return Stream.of(
                    new Form("as openssl writes it", pem -> pem),
                    new Form("CRLF", pem -> pem.replace("\n", "\r\n")),
                    new Form(
                            "comments before and after", pem -> "Bag Attributes\n    friendlyName: me\n" + pem + "\n#"),
                    new Form(
                            "parameters of the curve before",
                            pem -> "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
                                    + pem),
                    new Form("no line break at the end", String::strip));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aServerThatWantsTheCertificateGetsIt(String certificate, String key, Form form) throws Exception {
        String pem = Fixtures.text(certificate + ".crt");
        HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setClientAuth(ClientAuth.REQUIRED)
                        .setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem)))
                        .setKeyCertOptions(new PemKeyCertOptions()
                                .addCertValue(Buffer.buffer(Fixtures.text("server-a.crt")))
                                .addKeyValue(Buffer.buffer(Fixtures.text("server-a.key")))))
                .requestHandler(request -> request.response().end("{}"))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
        ApiAccess.Tls trusted = Fixtures.trusting("server-a.crt", Optional.empty());
        ApiAccess access = Fixtures.access(
                "https://127.0.0.1:" + server.actualPort(),
                "t",
                new ApiAccess.Tls(
                        trusted.ca(),
                        trusted.caOrigin(),
                        false,
                        Optional.empty(),
                        Optional.of(form.change().apply(pem)),
                        Optional.of(form.change().apply(Fixtures.text(key + ".key")))));
        try (ApiClient client =
                new ApiClient(Fixtures.store(access, access), vertx, Duration.ofSeconds(10), Ticker.system())) {
            assertThat(client.send(ApiRequest.get("look", "/")))
                    .succeedsWithin(Duration.ofSeconds(10))
                    .extracting(ApiResponse::body)
                    .isEqualTo("{}");
        } finally {
            server.close();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "client-ec.crt,      client-ec384-pkcs8.key",
        "client-ec.crt,      client-rsa-pkcs1.key",
        "client-rsa.crt,     client-ed25519.key",
        "client-ed25519.crt, client-ec-sec1.key",
        "client-ec.crt,      client-ec.crt",
        "client-ec-sec1.key, client-ec-sec1.key",
    })
    void whatDoesNotBelongTogetherIsRefused(String certificate, String key) {
        assertThatThrownBy(() -> ClientCertificate.of(Fixtures.text(certificate), Fixtures.text(key)))
                .isInstanceOf(GeneralSecurityException.class)
                .isNotInstanceOf(NoSuchAlgorithmException.class);
    }

    @Test
    void aKeyOfAnotherCertificateOfItsKindIsRefused() {
        assertThatThrownBy(() -> ClientCertificate.of(Fixtures.text("client-ec.crt"), Fixtures.text("server-a.key")))
                .isInstanceOf(GeneralSecurityException.class);
    }

    @ParameterizedTest
    @CsvSource({"ENCRYPTED PRIVATE KEY,''", "RSA PRIVATE KEY,'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n'"})
    void anEncryptedKeyIsNotSupported(String kind, String head) {
        String key = "-----BEGIN " + kind + "-----\n" + head + "AAAA\n-----END " + kind + "-----\n";

        assertThatThrownBy(() -> ClientCertificate.of(Fixtures.text("client-rsa.crt"), key))
                .isInstanceOf(NoSuchAlgorithmException.class)
                .hasMessage("the key is encrypted");
    }
}
