package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    private static final String HOSTNAME = "pod-a";

    @TempDir
    Path directory;

    @Test
    void everythingButTheLeaseNameHasADefault() {
        Settings settings = settings(Map.of("LEASE_NAME", "app-lock"));

        assertThat(settings)
                .isEqualTo(new Settings(
                        "app-lock",
                        Optional.empty(),
                        HOSTNAME,
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(2),
                        Optional.of(Path.of("/tmp/leader_status")),
                        Readiness.ALWAYS,
                        4040));
    }

    @Test
    void everySettingHasAVariable() {
        Path file = directory.resolve("leader");

        Settings settings = settings(Map.of(
                "LEASE_NAME", "app.lock",
                "NAMESPACE", "prod",
                "IDENTITY", "me",
                "LEASE_DURATION", "1m30s",
                "RENEW_DEADLINE", "PT60S",
                "RETRY_PERIOD", "500ms",
                "LEADER_FILE", file.toString(),
                "READINESS", "Leader",
                "HTTP_PORT", "0"));

        assertThat(settings)
                .isEqualTo(new Settings(
                        "app.lock",
                        Optional.of("prod"),
                        "me",
                        Duration.ofSeconds(90),
                        Duration.ofSeconds(60),
                        Duration.ofMillis(500),
                        Optional.of(file),
                        Readiness.LEADER,
                        0));
    }

    @Test
    void aPropertyWinsOverAVariable() {
        Settings settings = settings(Map.of("LEASE_NAME", "variable", "leader-elector.lease-name", "property"));

        assertThat(settings.leaseName()).isEqualTo("property");
    }

    @Test
    void anEmptyValueOfWhatHasNoFixedDefaultMeansUnset() {
        Settings settings = settings(Map.of("LEASE_NAME", "app", "NAMESPACE", "", "IDENTITY", "", "LEADER_FILE", ""));

        assertThat(settings.namespace()).isEmpty();
        assertThat(settings.identity()).isEqualTo(HOSTNAME);
        assertThat(settings.leaderFile()).isEmpty();
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
          LEASE_NAME | "" | LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as 'my-app'.
          LEASE_NAME | My_App | LEASE_NAME is 'My_App'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          LEASE_NAME | a..b | LEASE_NAME is 'a..b'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          LEASE_NAME | -a | LEASE_NAME is '-a'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          NAMESPACE | a.b | NAMESPACE is 'a.b'; it must be lower case letters, digits and '-', beginning and ending with a letter or digit, at most 63 characters.
          IDENTITY | " " | IDENTITY is ' '; it must be a name that no other replica has, not blank, without control characters, at most 253 characters.
          IDENTITY | "a	b" | IDENTITY is 'a?b'; it must be a name that no other replica has, not blank, without control characters, at most 253 characters.
          LEASE_DURATION | "" | LEASE_DURATION is ''; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | soon | LEASE_DURATION is 'soon'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 15.5s | LEASE_DURATION is '15.5s'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 0 | LEASE_DURATION is '0'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 600000h | LEASE_DURATION is '600000h'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 10s | LEASE_DURATION is '10s'; it must be longer than RENEW_DEADLINE, which is '10s'.
          RENEW_DEADLINE | soon | RENEW_DEADLINE is 'soon'; it must be a duration of at least 1 ms, such as '10s' or '500ms'.
          RENEW_DEADLINE | 4400ms | RENEW_DEADLINE is '4.4s'; it must be longer than 2.2 times RETRY_PERIOD, which is '2s', so longer than '4.4s'.
          RETRY_PERIOD | 0 | RETRY_PERIOD is '0'; it must be a duration of at least 1 ms, such as '2s' or '500ms'.
          RETRY_PERIOD | 500us | RETRY_PERIOD is '500us'; it must be a duration of at least 1 ms, such as '2s' or '500ms'.
          RETRY_PERIOD | 5s | RENEW_DEADLINE is '10s'; it must be longer than 2.2 times RETRY_PERIOD, which is '5s', so longer than '11s'.
          LEADER_FILE | / | LEADER_FILE is '/'; it must be the path of a file, not a directory.
          LEADER_FILE | /nowhere/file | LEADER_FILE is '/nowhere/file'; it must be a file in a directory that exists, but '/nowhere' is none: mount a volume there.
          LEADER_FILE | /proc/file | LEADER_FILE is '/proc/file'; it must be a file in a directory that this user may write to, but '/proc' is not: mount a writable volume there, such as an emptyDir.
          READINESS | maybe | READINESS is 'maybe'; it must be 'always' or 'leader'.
          READINESS | "" | READINESS is ''; it must be 'always' or 'leader'.
          HTTP_PORT | "" | HTTP_PORT is ''; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | http | HTTP_PORT is 'http'; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | 65536 | HTTP_PORT is '65536'; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | -1 | HTTP_PORT is '-1'; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | tcp://10.0.0.1:80 | HTTP_PORT is 'tcp://10.0.0.1:80'; it must be a number from 1 to 65535, or 0 for any free port; Kubernetes itself sets this variable for a Service named 'http', unless the container sets it or the pod has 'enableServiceLinks: false'.
          """)
    void eachWrongValueIsNamedWithWhatIsAllowed(String name, String value, String problem) {
        Map<String, String> variables = new HashMap<>(Map.of("LEASE_NAME", "app-lock"));
        variables.put(name, value);

        assertThat(problems(variables)).containsExactly(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "0", "a-b", "my.app-1.example"})
    void anyNameThatKubernetesTakesIsALeaseName(String name) {
        assertThat(settings(Map.of("LEASE_NAME", name)).leaseName()).isEqualTo(name);
    }

    @Test
    void namesMayBeAsLongAsKubernetesHasThemAndNoLonger() {
        Map<String, String> longest =
                Map.of("LEASE_NAME", "a".repeat(253), "NAMESPACE", "a".repeat(63), "IDENTITY", "a".repeat(253));
        Map<String, String> tooLong =
                Map.of("LEASE_NAME", "a".repeat(254), "NAMESPACE", "a".repeat(64), "IDENTITY", "a".repeat(254));

        assertThat(settings(longest).leaseName()).hasSize(253);
        assertThat(problems(tooLong)).hasSize(3);
    }

    @Test
    void theRenewDeadlineMayBeJustAboveTheJitterAndTheLeaseDurationJustAboveThat() {
        Settings settings = settings(Map.of("LEASE_NAME", "app", "LEASE_DURATION", "5", "RENEW_DEADLINE", "4401ms"));

        assertThat(settings.renewDeadline()).isEqualTo(Duration.ofMillis(4401));
    }

    @Test
    void allProblemsAreToldAtOnce() {
        assertThat(problems(Map.of(
                        "NAMESPACE", "?",
                        "LEASE_DURATION", "x",
                        "RENEW_DEADLINE", "1s",
                        "READINESS", "x",
                        "HTTP_PORT", "x")))
                .extracting(problem -> problem.substring(0, problem.indexOf(' ')))
                .containsExactly(
                        "LEASE_NAME", "NAMESPACE", "LEASE_DURATION", "RENEW_DEADLINE", "READINESS", "HTTP_PORT");
    }

    @Test
    void aVolumeMountedAtTheLeaderFileItselfIsExplained() throws IOException {
        Path mounted = Files.createDirectory(directory.resolve("leader_status"));

        assertThat(problems(Map.of("LEASE_NAME", "app", "LEADER_FILE", mounted.toString())))
                .containsExactly("LEADER_FILE is '"
                        + mounted
                        + "'; it must be the path of a file, not a directory: mount the volume at the"
                        + " directory around it ('mountPath: "
                        + directory
                        + "'), or set LEADER_FILE to a file in it ('"
                        + mounted
                        + "/leader').");
    }

    @Test
    void aPathThatIsNoneIsExplained() {
        assertThat(problems(Map.of("LEASE_NAME", "app", "LEADER_FILE", "a\0b")))
                .containsExactly("LEADER_FILE is 'a?b'; it must be the path of a file, or empty for none.");
    }

    @Test
    void aMachineWithoutAHostnameNeedsAnIdentity() {
        InvalidSettingsException invalid = catchThrowableOfType(
                InvalidSettingsException.class,
                () -> new SettingsCheck(() -> "", Files::isWritable).check(config(Map.of("LEASE_NAME", "app"))));

        assertThat(invalid.problems())
                .containsExactly("IDENTITY is not set and this machine has no hostname; it must be a name that no other"
                        + " replica has.");
    }

    @Test
    void theIdentityIsTheHostnameOfTheKernel() throws IOException {
        assertThat(Settings.of(config(Map.of("LEASE_NAME", "app"))).identity())
                .isEqualTo(
                        Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    }

    private static Settings settings(Map<String, String> values) {
        return new SettingsCheck(() -> HOSTNAME, d -> !d.endsWith("proc")).check(config(values));
    }

    private static List<String> problems(Map<String, String> values) {
        InvalidSettingsException invalid = catchThrowableOfType(InvalidSettingsException.class, () -> settings(values));
        return invalid == null ? List.of() : invalid.problems();
    }

    private static LeaderElectorConfig config(Map<String, String> values) {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValues(values)
                .withMapping(LeaderElectorConfig.class)
                .build();
        return config.getConfigMapping(LeaderElectorConfig.class);
    }
}
