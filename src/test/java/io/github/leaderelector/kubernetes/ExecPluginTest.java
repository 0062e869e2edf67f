package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.leadership.ManualTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** E7: client-go's rules for programs that give credentials. */
class ExecPluginTest {

    private static final String GIVEN =
            "{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":%s}";

    @TempDir
    private Path folder;

    private final ManualTicker ticker = new ManualTicker();
    private final ExecPlugin plugin = new ExecPlugin(ticker, Duration.ofSeconds(20));

    @Test
    void whatItSaysOnStandardErrorDoesNotCount() throws Exception {
        script("echo 'a warning' >&2; echo '" + given("{\"token\":\" t0ken \"}") + "'");

        assertThat(ask("", false).token()).hasValue("t0ken");
    }

    /** client-go decodes it as it decodes objects of the API. */
    @Test
    void itMayWriteYaml() throws Exception {
        String expires = ticker.wallTime().plus(Duration.ofMinutes(10)).toString();
        script("""
            cat <<END
            apiVersion: client.authentication.k8s.io/v1
            kind: ExecCredential
            status:
              token: t0ken
              expirationTimestamp: %s
            END""".formatted(expires));

        ExecPlugin.Credential credential = ask("", false);

        assertThat(credential.token()).hasValue("t0ken");
        assertThat(credential.expires()).hasValue(Instant.parse(expires));
    }

    @Test
    void whatIsNeitherJsonNorYamlIsToldByItsLineOnly() throws IOException {
        script("echo 'token: \"s3cr3t'");

        assertThatThrownBy(() -> ask("", false))
                .isInstanceOf(AccessException.class)
                .hasMessageStartingWith("the standard output of './plugin', which 'command' of user 'u'.exec in '"
                        + folder.resolve("config") + "' names, is not valid YAML: line ")
                .hasMessageNotContaining("s3cr3t");
    }

    @Test
    void noShellReadsItsArguments() throws Exception {
        script("printf '%s\\n' \"$@\" > \"$OUT\"; echo '" + given("{\"token\":\"t\"}") + "'");

        ask(
                "\"args\":[\"a & touch x\",\"$HOME\",\"`id`\"],\"env\":[{\"name\":\"OUT\",\"value\":\""
                        + folder.resolve("out") + "\"}],",
                false);

        assertThat(folder.resolve("out")).hasContent("a & touch x\n$HOME\n`id`\n");
    }

    @Test
    void itIsToldTheVersionAndIfWantedTheCluster() throws Exception {
        script("echo \"$KUBERNETES_EXEC_INFO\" > \"$0.info\"; echo '" + given("{\"token\":\"t\"}") + "'");

        ask("\"provideClusterInfo\":true,", false);

        assertThat(new ObjectMapper().readTree(folder.resolve("plugin.info").toFile()))
                .isEqualTo(new ObjectMapper().readTree("""
                        {"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",
                         "spec":{"interactive":false,"cluster":{"server":"https://x:1",
                           "certificate-authority-data":"Q0E="}}}"""));
    }

    @Test
    void itIsAskedAgainWhenTheCredentialsAreNotAcceptedOrAboutToExpire() throws Exception {
        String expires = ticker.wallTime().plus(Duration.ofMinutes(10)).toString();
        script("echo x >> \"$0.calls\"; echo '" + given("{\"token\":\"t\",\"expirationTimestamp\":\"" + expires + "\"}")
                + "'");
        ExecPlugin.Credential credential = ask("", false);
        ask("", false);
        assertThat(calls()).isEqualTo(1);

        ask("", true);
        assertThat(calls()).isEqualTo(2);

        ticker.advance(Duration.ofMinutes(9));
        ask("", false);
        assertThat(calls()).isEqualTo(3);
        assertThat(credential.renewAt())
                .hasValue(credential.expires().orElseThrow().minus(Duration.ofMinutes(1)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            echo 'log in first' >&2; exit 3          | ended with status 3: log in first
            echo 'token: s3cr3t' >&2; exit 3         | ended with status 3: token: ***
            exit 1                                   | ended with status 1
            echo no                                  | wrote no ExecCredential of client.authentication.k8s.io/v1
            true                                     | wrote no ExecCredential of client.authentication.k8s.io/v1
            echo '{}'                                | wrote no ExecCredential of client.authentication.k8s.io/v1
            echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}' | gave neither a token nor a client certificate with its key
            """)
    void itsFailureIsOneSentence(String script, String what) throws IOException {
        script(script);

        assertThatThrownBy(() -> ask("", false))
                .isInstanceOf(AccessException.class)
                .hasMessage("'./plugin', which 'command' of user 'u'.exec in '" + folder.resolve("config") + "' names, "
                        + what);
    }

    @Test
    void aProgramThatIsNotThereIsToldWithTheHint() {
        assertThatThrownBy(() -> ask("\"installHint\":\"get it at https://x\",", false))
                .isInstanceOf(AccessException.class)
                .hasMessageEndingWith("names, could not be started: get it at https://x");
    }

    @Test
    void aProgramThatDoesNotEndIsEnded() throws Exception {
        script("sleep 100");

        ExecPlugin impatient = new ExecPlugin(ticker, Duration.ofMillis(200));
        assertThatThrownBy(() -> impatient.credential(exec(""), cluster(), false))
                .isInstanceOf(AccessException.class)
                .hasMessageEndingWith("names, did not end within 0 s");
    }

    private static String given(String status) {
        return GIVEN.formatted(status);
    }

    private void script(String text) throws IOException {
        Path file = folder.resolve("plugin");
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private long calls() throws IOException {
        return Files.readAllLines(folder.resolve("plugin.calls")).size();
    }

    private ExecPlugin.Credential ask(String more, boolean rejected) throws Exception {
        return plugin.credential(exec(more), cluster(), rejected);
    }

    private KubeconfigEntry exec(String more) throws IOException {
        return new KubeconfigEntry(
                folder.resolve("config"),
                "user 'u'.exec",
                new ObjectMapper()
                        .readTree("{" + more
                                + "\"command\":\"./plugin\",\"apiVersion\":\"client.authentication.k8s.io/v1\"}"));
    }

    private KubeconfigEntry cluster() throws IOException {
        return new KubeconfigEntry(
                folder.resolve("config"),
                "cluster 'c'",
                new ObjectMapper().readTree("{\"server\":\"https://x:1\",\"certificate-authority-data\":\"Q0E=\"}"));
    }
}
