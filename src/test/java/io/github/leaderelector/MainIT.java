package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.testkit.EventStreamClient;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
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
import java.util.stream.Stream;
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
    private static final List<String> PACKAGE = List.of("-jar", "target/quarkus-app/quarkus-run.jar");

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
    void wrongSettingsEndItWithStatus78AndAllTheReasonsAndNothingElse() throws Exception {
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
                    assertThat(line.get("message").asText()).startsWith("LE-201 The API server ");
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

    @ParameterizedTest
    @ValueSource(strings = {"", "-Xmx48m -Dleader-elector.identity=appended"})
    void inTheImageJavaOptsAppendComesBehindTheOptionsThereAre(String append) throws Exception {
        // What starts the sidecar in the image; see the Dockerfile.
        int port = startServing(
                List.of("@src/main/docker/jvm.options", "-jar", imagesJar().toString()),
                Map.of("JAVA_OPTS_APPEND", append));

        assertThat(get(port, "/leader")).contains(append.isEmpty() ? "\"pod-a\"" : "\"appended\"");
        String[] own = process.info().arguments().orElseThrow();
        assertThat(own).contains("@src/main/docker/jvm.options");
        if (!append.isEmpty()) {
            assertThat(own).containsSubsequence("@src/main/docker/jvm.options", "-Xmx48m", "-jar");
        }
        process.destroy();
        assertThat(status()).isZero();
        assertThat(err).isEmptyFile();
    }

    /** As in the image: beside the application, which it finds by its manifest. */
    private Path imagesJar() throws IOException {
        Assumptions.assumeTrue(
                Runtime.version().feature() >= 25, "The image's launcher needs JDK 25, as the image has it.");
        Path app = Files.createDirectory(directory.resolve("app"));
        try (Stream<Path> parts = Files.list(Path.of("target", "quarkus-app"))) {
            for (Path part : parts.toList()) {
                Files.createSymbolicLink(app.resolve(part.getFileName()), part.toAbsolutePath());
            }
        }
        Path classes = directory.resolve("classes");
        Path jar = app.resolve("launch.jar");
        for (String command : List.of(
                "javac -d " + classes + " -cp target/quarkus-app/quarkus-run.jar src/main/docker/Launch.java",
                "jar --create --file " + jar + " --manifest src/main/docker/launch.mf -C " + classes + " .")) {
            String[] words = command.split(" ", -1);
            words[0] = Path.of(System.getProperty("java.home"), "bin", words[0]).toString();
            Programs.Ended ended = Programs.run(List.of(words), "", Map.of());
            assertThat(ended.status()).as(ended.output()).isZero();
        }
        return jar;
    }

    private int startServing(Map<String, String> settings) throws Exception {
        return startServing(PACKAGE, settings);
    }

    private int startServing(List<String> arguments, Map<String, String> settings) throws Exception {
        int port = freePort();
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(Map.of(
                "LEASE_NAME", "app-lock",
                "NAMESPACE", "prod",
                "IDENTITY", "pod-a",
                "HTTP_PORT", String.valueOf(port)));
        start(arguments, all);
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
        start(PACKAGE, settings);
    }

    private void start(List<String> arguments, Map<String, String> settings) throws IOException {
        List<String> command = new ArrayList<>(arguments);
        command.add(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
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

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return any.getLocalPort();
        }
    }

    private static Path trimmed(Path file) {
        try {
            return Files.writeString(file, Files.readString(file).stripTrailing());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
