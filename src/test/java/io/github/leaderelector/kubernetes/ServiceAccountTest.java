package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceAccountTest {

    @TempDir
    private Path folder;

    /** C1: the token file ends with a newline, as when a person has written it. */
    @ParameterizedTest
    @ValueSource(strings = {"t0ken", "t0ken\n", "t0ken\r\n", " t0ken \n\n"})
    void theTokenIsTrimmed(String text) throws Exception {
        Files.writeString(folder.resolve("token"), text);
        Files.writeString(
                folder.resolve("ca.crt"), Fixtures.text("client-rsa.crt").replace("\n", "\r\n"));

        ApiAccess access = read("10.96.0.1", "443");

        assertThat(access.headers()).isEqualTo(Map.of("Authorization", List.of("Bearer t0ken")));
        assertThat(access.tls().ca())
                .hasValueSatisfying(ca -> assertThat(ca).startsWith("-----BEGIN CERTIFICATE-----"));
        assertThat(access.tls().caOrigin()).isEqualTo("those in '" + folder.resolve("ca.crt") + "'");
        assertThat(access.anonymous()).isEmpty();
    }

    /** C1: what cannot be a token never gets as far as a library that would tell it. */
    @ParameterizedTest
    @ValueSource(strings = {"s3cr3t\nof mine", "s3cr3t of mine", "s3cr3t\u0000", "s3cr3tä"})
    void whatIsNoTokenIsRefusedWithoutItsText(String text) throws Exception {
        Files.writeString(folder.resolve("token"), text);

        assertThatThrownBy(() -> read("10.96.0.1", "443"))
                .isInstanceOf(AccessException.class)
                .hasMessageStartingWith("'" + folder.resolve("token") + "' is no token")
                .hasMessageNotContaining("s3cr3t");
    }

    /** D2: the folder is not mounted. */
    @Test
    void withoutATokenTheFileThatWasLookedForIsTold() throws Exception {
        ApiAccess access = read("10.96.0.1", "443");

        assertThat(access.anonymous())
                .hasValue("the token of the ServiceAccount, '" + folder.resolve("token") + "', does not exist");
        assertThat(access.tls().caOrigin())
                .isEqualTo("those of the system, as '" + folder.resolve("ca.crt") + "' does not exist");
        assertThat(access.headers()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "10.96.0.1,443,https://10.96.0.1:443",
        "fd00::1,6443,https://[fd00::1]:6443",
        "api.example,443,https://api.example:443",
    })
    void theServerIsThatOfTheEnvironment(String host, String port, String server) throws Exception {
        assertThat(read(host, port).server()).hasToString(server);
    }

    @Test
    void whatIsNoServerIsRefused() {
        assertThatThrownBy(() -> read("not a host", "443"))
                .isInstanceOf(AccessException.class)
                .hasMessage("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are no host and port");
    }

    private ApiAccess read(String host, String port) throws AccessException {
        return new ServiceAccount(Map.of(
                        "KUBERNETES_SERVICE_HOST",
                        host,
                        "KUBERNETES_SERVICE_PORT",
                        port,
                        "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN",
                        folder.resolve("token").toString(),
                        "KUBERNETES_CERTS_CA_FILE",
                        folder.resolve("ca.crt").toString()))
                .read(false)
                .access();
    }
}
