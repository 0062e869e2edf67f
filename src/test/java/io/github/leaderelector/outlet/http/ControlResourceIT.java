package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.github.leaderelector.outlet.ScriptedCandidacy;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Asked over plain sockets, so that a header is what the test says and not what a client library makes of it. */
@QuarkusTest
@TestProfile(FrozenTime.class)
class ControlResourceIT {

    private static final String STEP_DOWN = "/leader/step-down";
    private static final String DRAINED = "/leader/drained";

    private final OutletDriver driver;
    private final ScriptedCandidacy candidacy;
    private final LeadershipHub hub;

    @ConfigProperty(name = "quarkus.http.test-port")
    int port;

    ControlResourceIT(OutletDriver driver, ScriptedCandidacy candidacy, LeadershipHub hub) {
        this.driver = driver;
        this.candidacy = candidacy;
        this.hub = hub;
    }

    @BeforeEach
    void forget() {
        candidacy.asked();
    }

    @Test
    void aLeaderStepsDownForHalfAMinute() throws IOException {
        driver.lead();

        assertThat(post(STEP_DOWN))
                .startsWith("HTTP/1.1 202 ")
                .contains("Content-Type: text/plain")
                .endsWith("\r\n\r\nThis replica steps down, and does not campaign for 30s.\n");

        assertThat(hub.leads()).isFalse();
        assertThat(candidacy.asked()).containsExactly("step down for PT30S");
    }

    @ParameterizedTest
    @CsvSource({"0s, PT0S", "1m30s, PT1M30S", "PT5S, PT5S", "90, PT1M30S", "500ms, PT0.5S", "1h, PT1H"})
    void aCooldownIsWrittenAsTheSettingsAre(String cooldown, String duration) throws IOException {
        driver.lead();

        assertThat(post(STEP_DOWN + "?cooldown=" + cooldown)).startsWith("HTTP/1.1 202 ");

        assertThat(candidacy.asked()).containsExactly("step down for " + duration);
    }

    @ParameterizedTest
    @ValueSource(strings = {"soon", "-5s", "61m", "99999999999h", "%00", "30s,drop"})
    void aWrongCooldownIsRefusedInOneSentence(String cooldown) throws IOException {
        driver.lead();

        assertThat(post(STEP_DOWN + "?cooldown=" + cooldown))
                .startsWith("HTTP/1.1 400 ")
                .endsWith("\r\n\r\ncooldown must be a duration from '0s' to '1h', such as '30s'.\n");

        assertThat(hub.leads()).isTrue();
        assertThat(candidacy.asked()).isEmpty();
    }

    @Test
    void aFollowerCannotStepDownAndSaysWhy() throws IOException {
        driver.lead();
        driver.follow("pod-b");

        assertThat(post(STEP_DOWN))
                .startsWith("HTTP/1.1 409 ")
                .endsWith("\r\n\r\nThis replica does not lead: 'pod-b' holds the Lease.\n");
    }

    @Test
    void anApplicationReportsItsDrainOnce() throws IOException {
        candidacy.drain();

        assertThat(post(DRAINED)).startsWith("HTTP/1.1 202 ").endsWith("\r\n\r\nThe Lease is released.\n");
        assertThat(post(DRAINED)).startsWith("HTTP/1.1 409 ").endsWith("\r\n\r\nThere is no drain under way.\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LocalHost:8080",
                "127.0.0.1",
                "127.0.0.1:4040",
                "127.1.2.3",
                "[::1]",
                "[::1]:4040",
                "[::ffff:127.0.0.1]:4040",
            })
    void everyNameOfThisMachineIsGood(String host) throws IOException {
        assertThat(send("127.0.0.1", "POST", DRAINED, "Host: " + host)).startsWith("HTTP/1.1 409 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:4040",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "evil.example@127.0.0.1",
                "10.0.0.1",
                "0.0.0.0",
                "[::ffff:10.0.0.1]",
                "[fe80::1]",
                "2130706433",
                "",
            })
    void aRequestWithAForeignHostIsRefused(String host) throws IOException {
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(send("127.0.0.1", "POST", path, "Host: " + host))
                    .doesNotStartWith("HTTP/1.1 2")
                    .matches(answer -> answer.startsWith("HTTP/1.1 403 ") || answer.startsWith("HTTP/1.1 400 "));
        }
        assertThat(candidacy.asked()).isEmpty();
    }

    @Test
    void aRequestWithoutAHostIsRefused() throws IOException {
        assertThat(send("127.0.0.1", "POST", STEP_DOWN))
                .matches(answer -> answer.startsWith("HTTP/1.1 403 ") || answer.startsWith("HTTP/1.1 400 "));
        assertThat(candidacy.asked()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Origin: http://evil.example",
                "Origin: null",
                "Origin: http://localhost:4040",
                "origin: http://localhost:3000",
                "Sec-Fetch-Site: cross-site",
                "Sec-Fetch-Site: same-site",
                "Sec-Fetch-Site: none",
            })
    void aPageInABrowserIsRefused(String header) throws IOException {
        driver.lead();
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(send(
                            "127.0.0.1",
                            "POST",
                            path,
                            "Host: localhost:4040",
                            header,
                            "Content-Type: application/x-www-form-urlencoded"))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("\r\n\r\nWeb pages may not ask for that: the headers Origin and Sec-Fetch-Site are"
                            + " refused.\n");
        }
        assertThat(hub.leads()).isTrue();
        assertThat(candidacy.asked()).isEmpty();
    }

    @Test
    void theLoopbackOfIpv6IsThisMachineToo() throws IOException {
        Assumptions.assumeTrue(reachable("::1"), "This machine has no IPv6.");

        assertThat(send("::1", "POST", DRAINED, "Host: [::1]:" + port)).startsWith("HTTP/1.1 409 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Nothing: to see",
                "Forwarded: for=127.0.0.1;host=localhost;proto=http",
                "Forwarded: for=\"[::1]\"",
                "X-Forwarded-For: 127.0.0.1",
                "X-Forwarded-Host: localhost",
                "X-Real-IP: 127.0.0.1",
            })
    void aRequestFromAnotherPodIsRefusedWithAnyHeader(String header) throws IOException {
        Optional<String> own = ownAddress();
        Assumptions.assumeTrue(own.isPresent(), "This machine has no address but the loopback's.");
        driver.lead();
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(send(own.get(), "POST", path, "Host: localhost", header))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("\r\n\r\nOnly the containers of this pod may ask for that, over 127.0.0.1 or [::1].\n");
        }
        assertThat(hub.leads()).isTrue();
        assertThat(candidacy.asked()).isEmpty();
    }

    /** B5: what the inbound proxy of a mesh does, which comes from the loopback to the pod's own address. */
    @Test
    void whatComesFromTheLoopbackToAnotherAddressComesFromElsewhere() throws IOException {
        Optional<String> own = ownAddress();
        Assumptions.assumeTrue(own.isPresent(), "This machine has no address but the loopback's.");
        driver.lead();
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(sendFrom("127.0.0.6", own.get(), "POST", path, "Host: localhost"))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("\r\n\r\nOnly the containers of this pod may ask for that, over 127.0.0.1 or [::1].\n");
        }
        assertThat(hub.leads()).isTrue();
        assertThat(candidacy.asked()).isEmpty();
    }

    /** B5. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Forwarded: for=10.1.2.3;host=localhost;proto=http",
                "X-Forwarded-For: 127.0.0.1",
                "x-forwarded-host: localhost",
                "X-FORWARDED-PROTO: http",
                "X-Forwarded-Client-Cert: By=spiffe://cluster.local",
                "X-Real-IP: 127.0.0.1",
                "X-Envoy-External-Address: 10.1.2.3",
                "Via: 1.1 proxy",
            })
    void whatAProxyHasForwardedIsRefused(String header) throws IOException {
        driver.lead();
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(send("127.0.0.1", "POST", path, "Host: localhost", header))
                    .startsWith("HTTP/1.1 403 ")
                    .endsWith("\r\n\r\nRequests that a proxy has forwarded are refused; ask 127.0.0.1 or [::1]"
                            + " directly.\n");
        }
        assertThat(hub.leads()).isTrue();
        assertThat(candidacy.asked()).isEmpty();
    }

    @Test
    void whoNamesTwoHostsNamesNone() throws IOException {
        assertThat(send("127.0.0.1", "POST", STEP_DOWN, "Host: localhost", "Host: evil.example"))
                .matches(answer -> answer.startsWith("HTTP/1.1 403 ") || answer.startsWith("HTTP/1.1 400 "));
        assertThat(candidacy.asked()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "OPTIONS"})
    void nothingButAPostAsksForAnything(String method) throws IOException {
        for (String path : List.of(STEP_DOWN, DRAINED)) {
            assertThat(send("127.0.0.1", method, path, "Host: localhost")).startsWith("HTTP/1.1 405 ");
        }
        assertThat(candidacy.asked()).isEmpty();
    }

    private String post(String path) throws IOException {
        return send("127.0.0.1", "POST", path, "Host: localhost:" + port);
    }

    private String send(String address, String method, String path, String... headers) throws IOException {
        return sendFrom(null, address, method, path, headers);
    }

    private String sendFrom(String from, String address, String method, String path, String... headers)
            throws IOException {
        InetAddress source = from == null ? null : InetAddress.getByName(from);
        try (Socket socket = new Socket(InetAddress.getByName(address), port, source, 0)) {
            socket.setSoTimeout(10_000);
            String head = method + " " + path + " HTTP/1.1\r\n" + String.join("\r\n", headers);
            socket.getOutputStream()
                    .write((head + (headers.length == 0 ? "" : "\r\n")
                                    + "Content-Length: 0\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private boolean reachable(String address) {
        try (Socket socket = new Socket(InetAddress.getByName(address), port)) {
            return socket.isConnected();
        } catch (IOException no) {
            return false;
        }
    }

    private static Optional<String> ownAddress() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(InetAddress::getHostAddress)
                .findFirst();
    }
}
