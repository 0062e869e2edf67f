package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.testkit.EventStreamClient;
import io.github.leaderelector.testkit.PackagedSidecar;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the packaged application ends, seen from outside. There is no API server. */
class MainIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Path out;
    private Path err;
    private Path terminationMessage;
    private Process process;

    @BeforeEach
    void createFiles() throws IOException {
        out = directory.resolve("out");
        err = directory.resolve("err");
        terminationMessage = Files.createFile(directory.resolve("termination-log"));
    }

    @AfterEach
    void endProcess() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    @Test
    void wrongSettingsEndItWithStatus78AndAllReasons() throws Exception {
        start(Map.of("HTTP_PORT", "http", "LEASE_DURATION", "15.5s", "LEADER_FILE", "/proc"));

        assertThat(status()).isEqualTo(78);
        assertThat(err).hasContent("""
            leader-elector: 4 settings are wrong:
            LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as 'my-app'.
            LEASE_DURATION is '15.5s'; it must be whole seconds, at least 1, such as '15s'.
            LEADER_FILE is '/proc'; it must be the path of a file, not a directory: mount the volume at the directory around it ('mountPath: /'), or set LEADER_FILE to a file in it ('/proc/leader').
            HTTP_PORT is 'http'; it must be a number from 1 to 65535, or 0 for any free port.
            """);
        assertThat(out).isEmptyFile();
        assertThat(terminationMessage).hasSameTextualContentAs(trimmed(err));
    }

    @Test
    void aPortInUseEndsItWithStatus1AndOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            start(Map.of("LEASE_NAME", "app-lock", "HTTP_PORT", String.valueOf(taken.getLocalPort())));

            assertThat(status()).isEqualTo(1);
            assertThat(err)
                    .hasContent("leader-elector: HTTP_PORT is "
                            + taken.getLocalPort()
                            + ", which another process of this pod listens on; choose a free port from 1 to"
                            + " 65535.\n");
        }
    }

    @Test
    void afterSigtermStreamsSaySoAndEnd() throws Exception {
        int port = startServing(Map.of());
        try (EventStreamClient leadership = new EventStreamClient(port, "/leader", "text/event-stream", LIMIT);
                EventStreamClient holder = new EventStreamClient(port, "/sse", "*/*", LIMIT)) {
            leadership.next();
            holder.next();

            process.destroy();

            assertThat(leadership.nextWith("\"reason\":\"This replica is shutting down.\""))
                    .contains("event: leadership");
            assertThat(leadership.next()).isEmpty();
            holder.nextWith("\"name\":\"\"");
            assertThat(holder.next()).isEmpty();
        }
        assertThat(status()).isZero();
        assertThat(err).isEmptyFile();
    }

    @Test
    void answersAndAfterSigtermEndsWithStatus0() throws Exception {
        int port = startServing(Map.of("LEADER_ELECTOR_LEAS_NAME", "misspelt", "READINESS", "leader"));

        assertThat(get(port, "/leader"))
                .startsWith("{\"leader\":false,\"identity\":\"pod-a\",\"holder\":null,\"term\":0,"
                        + "\"fencingToken\":null,\"since\":\"")
                .contains("\"observedMillisAgo\":null,")
                .endsWith("\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");

        process.destroy();

        assertThat(status()).isZero();
        assertThat(err).isEmptyFile();
        assertThat(terminationMessage).isEmptyFile();
        assertThat(Files.readString(out))
                .contains("LEADER_ELECTOR_LEAS_NAME is not a setting and has no effect; did you mean" + " LEASE_NAME?")
                .contains("READINESS is 'leader': only the leader's pod becomes ready")
                .doesNotContain("\tat ");
        assertThat(Files.readAllLines(out))
                .allMatch(line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z [A-Z]+ .*"));
    }

    @Test
    void withJsonEachLineIsAnObjectWithTheIdOfItsMessage() throws Exception {
        startServing(Map.of("LEADER_ELECTOR_LEAS_NAME", "misspelt", "LOG_FORMAT", "json"));
        Wait.until(
                LIMIT, () -> "no LE-201 in " + out, () -> Files.readString(out).contains("LE-201"));
        process.destroy();

        assertThat(status()).isZero();
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(out)) {
            lines.add(new ObjectMapper().readTree(line));
        }
        assertThat(lines).allSatisfy(line -> {
            assertThat(line.fieldNames()).toIterable().contains("timestamp", "level", "loggerName", "message");
            assertThat(line.get("timestamp").asText()).endsWith("Z");
        });
        assertThat(lines)
                .filteredOn(line -> line.path("id").asText().equals("LE-401"))
                .singleElement()
                .satisfies(line -> assertThat(line.get("level").asText()).isEqualTo("WARN"));
        assertThat(lines)
                .filteredOn(line -> line.path("id").asText().equals("LE-201"))
                .isNotEmpty()
                .allSatisfy(line -> {
                    assertThat(line.get("message").asText()).startsWith("LE-201 No API server can be asked: ");
                    assertThat(line.get("identity").asText()).isEqualTo("pod-a");
                    assertThat(line.get("lease").asText()).isEqualTo("prod/app-lock");
                });
    }

    @Test
    void furtherSigtermsNeitherDisturbNorDelayTheStop() throws Exception {
        startServing(Map.of());

        long begin = System.nanoTime();
        for (int i = 0; i < 5; i++) {
            process.destroy();
        }

        assertThat(status()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Exit.STOP_LIMIT.plusSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 600, 900, 1200})
    void sigtermDuringTheStartIsNoFailure(int millis) throws Exception {
        start(Map.of("LEASE_NAME", "app-lock", "HTTP_PORT", "0"));

        assertThat(process.waitFor(millis, TimeUnit.MILLISECONDS)).isFalse();
        process.destroy();

        // 143 is the JVM's own answer before it has come to our first line.
        assertThat(status()).isIn(0, 143);
        assertThat(err).isEmptyFile();
    }

    @Test
    void withJdkJavaOptionsTheJvmGetsMoreMemoryThanTheImageGivesIt() throws Exception {
        Assumptions.assumeFalse(PackagedSidecar.isNative(), "An executable has no options of the JVM.");
        Assumptions.assumeTrue(PackagedSidecar.hasJdkOfTheImage(), "The options are those of the image's JDK.");
        List<String> asInTheImage = new ArrayList<>(PackagedSidecar.plainCommand());
        asInTheImage.add(1, "-XX:Flags=src/main/docker/jvm.flags");

        int port = startServing(asInTheImage, Map.of("JDK_JAVA_OPTIONS", "-Xmx48m -XX:+PrintFlagsFinal"));

        assertThat(get(port, "/leader")).contains("\"pod-a\"");
        process.destroy();
        assertThat(status()).isZero();
        assertThat(out)
                .content()
                .containsPattern(" MaxHeapSize += " + 48 * 1024 * 1024 + " ")
                .containsPattern(" MaxNewSize += " + 4 * 1024 * 1024 + " ");
    }

    @Test
    void anExecutableGetsMoreMemoryByAnArgument() throws Exception {
        Assumptions.assumeTrue(PackagedSidecar.isNative(), "A JVM gets it by JDK_JAVA_OPTIONS.");
        List<String> command = new ArrayList<>(PackagedSidecar.plainCommand());
        command.add("-Xmx48m");

        int port = startServing(command, Map.of());

        assertThat(get(port, "/leader")).contains("\"pod-a\"");
    }

    private int startServing(Map<String, String> settings) throws Exception {
        return startServing(PackagedSidecar.plainCommand(), settings);
    }

    private int startServing(List<String> command, Map<String, String> settings) throws Exception {
        int port = Ports.free();
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(Map.of(
                "LEASE_NAME", "app-lock",
                "NAMESPACE", "prod",
                "IDENTITY", "pod-a",
                "HTTP_PORT", String.valueOf(port)));
        start(command, all);
        long giveUp = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                get(port, "/leader");
                return port;
            } catch (IOException notYet) {
                if (!process.isAlive() || System.nanoTime() - giveUp > 0) {
                    throw new AssertionError(Files.readString(err) + Files.readString(out), notYet);
                }
                Thread.sleep(20);
            }
        }
    }

    private void start(Map<String, String> settings) throws IOException {
        start(PackagedSidecar.plainCommand(), settings);
    }

    private void start(List<String> command, Map<String, String> settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("KUBE") || name.startsWith("QUARKUS"));
        environment.put("KUBECONFIG", directory.resolve("no-kubeconfig").toString());
        environment.put("LEADER_FILE", directory.resolve("leader_status").toString());
        environment.put(Main.TERMINATION_MESSAGE_PATH, terminationMessage.toString());
        environment.putAll(settings);
        process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    }

    private int status() throws InterruptedException {
        assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                .as("ended")
                .isTrue();
        return process.exitValue();
    }

    private String get(int port, String path) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }

    private static Path trimmed(Path file) {
        try {
            return Files.writeString(file, Files.readString(file).stripTrailing());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
