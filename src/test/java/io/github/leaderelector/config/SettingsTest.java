package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
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
import org.junit.jupiter.params.provider.MethodSource;
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
                        4040,
                        1024,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(),
                        HOSTNAME,
                        true,
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        LogFormat.TEXT));
    }

    @Test
    void everySettingHasAVariable() {
        Path file = directory.resolve("leader");

        Settings settings = settings(Map.ofEntries(
                Map.entry("LEASE_NAME", "app.lock"),
                Map.entry("NAMESPACE", "prod"),
                Map.entry("IDENTITY", "me"),
                Map.entry("LEASE_DURATION", "1m30s"),
                Map.entry("RENEW_DEADLINE", "PT60S"),
                Map.entry("RETRY_PERIOD", "500ms"),
                Map.entry("LEADER_FILE", file.toString()),
                Map.entry("READINESS", "Leader"),
                Map.entry("HTTP_PORT", "0"),
                Map.entry("MAX_STREAMS", "7"),
                Map.entry("LEADER_LABEL", "example.com/role=leader"),
                Map.entry("LEADER_SERVICE", "myapp-leader"),
                Map.entry("POD_IPS", "10.0.0.1, fd00::1"),
                Map.entry("POD_NAME", "pod-x"),
                Map.entry("KUBERNETES_EVENTS", "False"),
                Map.entry("DRAIN", "20s"),
                Map.entry("APP_HEALTH_URL", "http://localhost:8080/ready"),
                Map.entry("APP_HEALTH_FAILURES", "5"),
                Map.entry("APP_HEALTH_FALLBACK", "anyone"),
                Map.entry("ON_LEADING_URL", "http://localhost:8080/on"),
                Map.entry("ON_FOLLOWING_URL", "https://[::1]/off"),
                Map.entry("LOG_FORMAT", "json")));

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
                        0,
                        7,
                        Optional.of(new PodLabel("example.com/role", "leader")),
                        Optional.of("myapp-leader"),
                        List.of("10.0.0.1", "fd00::1"),
                        "pod-x",
                        false,
                        Duration.ofSeconds(20),
                        Optional.of(
                                new AppHealth(URI.create("http://localhost:8080/ready"), 5, AppHealth.Fallback.ANYONE)),
                        Optional.of(URI.create("http://localhost:8080/on")),
                        Optional.of(URI.create("https://[::1]/off")),
                        LogFormat.JSON));
    }

    @Test
    void aPropertyWinsOverAVariable() {
        Settings settings = settings(Map.of("LEASE_NAME", "variable", "leader-elector.lease-name", "property"));

        assertThat(settings.leaseName()).isEqualTo("property");
    }

    /** As templates of manifests write them, and {@code envFrom} gives them. */
    @ParameterizedTest
    @MethodSource("optional")
    void anEmptyVariableIsAsOneThatIsNotSet(String variable) {
        assertThat(settings(Map.of("LEASE_NAME", "app-lock", variable, "")))
                .isEqualTo(settings(Map.of("LEASE_NAME", "app-lock")));
    }

    static List<String> optional() {
        return SettingsFixture.settings(Map.of()).inForce("prod", 4040).keySet().stream()
                .filter(variable -> !List.of("LEASE_NAME", "LEADER_FILE").contains(variable))
                .toList();
    }

    @Test
    void anEmptyLeaderFileMeansNone() {
        assertThat(settings(Map.of("LEASE_NAME", "app-lock", "LEADER_FILE", "")).leaderFile())
                .isEmpty();
    }

    @Test
    void blanksAroundAPortDoNotCount() {
        assertThat(settings(Map.of("LEASE_NAME", "app-lock", "HTTP_PORT", " 0 "))
                        .httpPort())
                .isZero();
    }

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
          LEASE_NAME | "" | LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as 'my-app'.
          LEASE_NAME | My_App | LEASE_NAME is 'My_App'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          LEASE_NAME | a..b | LEASE_NAME is 'a..b'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          LEASE_NAME | -a | LEASE_NAME is '-a'; it must be lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with a letter or digit, at most 253 characters.
          NAMESPACE | a.b | NAMESPACE is 'a.b'; it must be lower case letters, digits and '-', beginning and ending with a letter or digit, at most 63 characters.
          IDENTITY | " " | IDENTITY is ' '; it must be a name that no other replica has, not blank, without control characters, at most 253 characters.
          IDENTITY | "a	b" | IDENTITY is 'a\\tb'; it must be a name that no other replica has, not blank, without control characters, at most 253 characters.
          LEASE_DURATION | " " | LEASE_DURATION is ' '; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | soon | LEASE_DURATION is 'soon'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 15.5s | LEASE_DURATION is '15.5s'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 0 | LEASE_DURATION is '0'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 600000h | LEASE_DURATION is '600000h'; it must be whole seconds, at least 1, such as '15s'.
          LEASE_DURATION | 10s | LEASE_DURATION is '10s'; it must be longer than RENEW_DEADLINE, which is '10s'.
          RENEW_DEADLINE | soon | RENEW_DEADLINE is 'soon'; it must be a duration of at least 1 ms, such as '10s' or '500ms'.
          RENEW_DEADLINE | 2400ms | RENEW_DEADLINE is '2.4s'; it must be longer than 1.2 times RETRY_PERIOD, which is '2s', so longer than '2.4s'.
          RETRY_PERIOD | 0 | RETRY_PERIOD is '0'; it must be a duration of at least 1 ms, such as '2s' or '500ms'.
          RETRY_PERIOD | 500us | RETRY_PERIOD is '500us'; it must be a duration of at least 1 ms, such as '2s' or '500ms'.
          RETRY_PERIOD | 9s | RENEW_DEADLINE is '10s'; it must be longer than 1.2 times RETRY_PERIOD, which is '9s', so longer than '10.8s'.
          LEADER_FILE | / | LEADER_FILE is '/'; it must be the path of a file, not a directory.
          LEADER_FILE | /nowhere/file | LEADER_FILE is '/nowhere/file'; it must be a file in a directory that exists, but '/nowhere' is none: mount a volume there.
          LEADER_FILE | /proc/file | LEADER_FILE is '/proc/file'; it must be a file in a directory that this user may write to, but '/proc' is not: mount a writable volume there, such as an emptyDir.
          READINESS | maybe | READINESS is 'maybe'; it must be 'always' or 'leader'.
          READINESS | " " | READINESS is ' '; it must be 'always' or 'leader'.
          HTTP_PORT | " " | HTTP_PORT is ' '; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | http | HTTP_PORT is 'http'; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | 65536 | HTTP_PORT is '65536'; it must be a number from 1 to 65535, or 0 for any free port.
          HTTP_PORT | -1 | HTTP_PORT is '-1'; it must be a number from 1 to 65535, or 0 for any free port.
          MAX_STREAMS | -1 | MAX_STREAMS is '-1'; it must be a number from 0 to 100000.
          LEADER_LABEL | leader | LEADER_LABEL is 'leader'; it must be a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'.
          LEADER_LABEL | A_/b=c | LEADER_LABEL is 'A_/b=c'; it must be a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'.
          LEADER_LABEL | a/b/c=d | LEADER_LABEL is 'a/b/c=d'; it must be a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'.
          LEADER_LABEL | role=-x | LEADER_LABEL is 'role=-x'; it must be a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'.
          LEADER_SERVICE | My_App | LEADER_SERVICE is 'My_App'; it must be the name of a Service: lower case letters, digits and '-', beginning and ending with a letter or digit, at most 63 characters.
          POD_IPS | 10.0.0.1;fd00::1 | POD_IPS is '10.0.0.1;fd00::1'; it must be IP addresses with commas between them; the downward API has them as 'status.podIPs'.
          POD_IPS | pod-a | POD_IPS is 'pod-a'; it must be IP addresses with commas between them; the downward API has them as 'status.podIPs'.
          POD_NAME | Pod_A | POD_NAME is 'Pod_A'; it must be the name of this pod; the downward API has it as 'metadata.name'.
          KUBERNETES_EVENTS | yes | KUBERNETES_EVENTS is 'yes'; it must be 'true' or 'false'.
          DRAIN | soon | DRAIN is 'soon'; it must be a duration from '0s' to '1h', such as '20s'.
          DRAIN | 61m | DRAIN is '61m'; it must be a duration from '0s' to '1h', such as '20s'.
          APP_HEALTH_URL | localhost:8080 | APP_HEALTH_URL is 'localhost:8080'; it must be an http or https URL without a user, such as 'http://localhost:8080/health'.
          APP_HEALTH_FAILURES | 0 | APP_HEALTH_FAILURES is '0'; it must be a number from 1 to 1000.
          APP_HEALTH_FALLBACK | all | APP_HEALTH_FALLBACK is 'all'; it must be 'nobody' or 'anyone'.
          ON_LEADING_URL | http://me:secret@host/ | ON_LEADING_URL is 'http://***@host/'; it must be an http or https URL without a user, such as 'http://localhost:8080/health'.
          ON_FOLLOWING_URL | http://a b/ | ON_FOLLOWING_URL is 'http://a b/'; it must be an http or https URL without a user, such as 'http://localhost:8080/health'.
          LOG_FORMAT | xml | LOG_FORMAT is 'xml'; it must be 'text' or 'json'.
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

    /** Row E14 of the faults: a rename would replace the link, and nobody who reads its target would learn of it. */
    @Test
    void aLeaderFileThatIsASymbolicLinkIsRefusedEvenIfItPointsNowhere() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("leader_status"), directory.resolve("elsewhere"));
        List<String> refused = List.of("LEADER_FILE is '"
                + link
                + "'; it must be the path of a file, not a symbolic link: remove the link, or set LEADER_FILE to the"
                + " path that it points to.");

        assertThat(problems(Map.of("LEASE_NAME", "app", "LEADER_FILE", link.toString())))
                .isEqualTo(refused);

        Files.createFile(directory.resolve("elsewhere"));
        assertThat(problems(Map.of("LEASE_NAME", "app", "LEADER_FILE", link.toString())))
                .isEqualTo(refused);
    }

    @Test
    void theDirectoryOfTheLeaderFileMayBeASymbolicLink() throws IOException {
        Path link =
                Files.createSymbolicLink(directory.resolve("link"), Files.createDirectory(directory.resolve("volume")));

        assertThat(problems(Map.of(
                        "LEASE_NAME",
                        "app",
                        "LEADER_FILE",
                        link.resolve("leader").toString())))
                .isEmpty();
    }

    @Test
    void aPathThatIsNoneIsExplained() {
        assertThat(problems(Map.of("LEASE_NAME", "app", "LEADER_FILE", "a\0b")))
                .containsExactly("LEADER_FILE is 'a\\u0000b'; it must be the path of a file, or empty for none.");
    }

    @Test
    void aMachineWithoutAHostnameNeedsAnIdentity() {
        InvalidSettingsException invalid = catchThrowableOfType(
                InvalidSettingsException.class,
                () -> new SettingsCheck(() -> "", Files::isWritable)
                        .check(SettingsFixture.config(Map.of("LEASE_NAME", "app"))));

        assertThat(invalid.problems())
                .containsExactly("IDENTITY is not set and this machine has no hostname; it must be a name that no other"
                        + " replica has.");
    }

    @Test
    void theIdentityIsTheHostnameOfTheKernel() throws IOException {
        assertThat(Settings.of(SettingsFixture.config(Map.of("LEASE_NAME", "app")))
                        .identity())
                .isEqualTo(
                        Files.readString(Path.of("/proc/sys/kernel/hostname")).strip());
    }

    private static Settings settings(Map<String, String> values) {
        return new SettingsCheck(() -> HOSTNAME, d -> !d.endsWith("proc")).check(SettingsFixture.config(values));
    }

    private static List<String> problems(Map<String, String> values) {
        InvalidSettingsException invalid = catchThrowableOfType(InvalidSettingsException.class, () -> settings(values));
        return invalid == null ? List.of() : invalid.problems();
    }
}
