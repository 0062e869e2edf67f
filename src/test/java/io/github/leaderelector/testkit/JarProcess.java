package io.github.leaderelector.testkit;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The packaged sidecar as a process in a folder of its own, where all that it says and writes is found. For one thread.
 */
public final class JarProcess implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(90);

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final Path folder;
    private final int port;
    private final Process process;

    /**
     * Starts the bare jar; the Lease is {@code prod/app-lock}, the identity {@code pod-a}.
     *
     * @param folder an empty folder: its working directory
     * @param wrapper a command that runs the one that is appended to it; empty for none
     * @param settings environment variables in addition; nothing but PATH is inherited
     */
    public JarProcess(Path folder, List<String> wrapper, Map<String, String> settings) throws IOException {
        this(folder, settings, wrapped(wrapper));
    }

    private JarProcess(Path folder, Map<String, String> settings, List<String> command) throws IOException {
        this.folder = folder;
        this.port = Ports.free();
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(List.of("PATH"));
        environment.put("HOME", folder.toString());
        environment.put("KUBECONFIG", folder.resolve("kubeconfig").toString());
        environment.put("LEASE_NAME", "app-lock");
        environment.put("NAMESPACE", "prod");
        environment.put("IDENTITY", "pod-a");
        environment.put("HTTP_PORT", Integer.toString(port));
        environment.put("LEADER_FILE", leaderFile().toString());
        environment.put(
                "TERMINATION_MESSAGE_PATH",
                Files.createFile(terminationMessage()).toString());
        environment.putAll(settings);
        process = builder.redirectOutput(folder.resolve("stdout").toFile())
                .redirectError(folder.resolve("stderr").toFile())
                .start();
    }

    /** The same in the form of {@link PackagedSidecar#command()}, which starts in a fraction of the time. */
    public static JarProcess asInTheImage(Path folder, Map<String, String> settings) throws IOException {
        return new JarProcess(folder, settings, PackagedSidecar.command());
    }

    private static List<String> wrapped(List<String> wrapper) {
        List<String> command = new ArrayList<>(wrapper);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath().toString()));
        return command;
    }

    /** The port it was told to serve on. */
    public int port() {
        return port;
    }

    /** Its leader file. */
    public Path leaderFile() {
        return folder.resolve("leader_status");
    }

    /** Where it leaves its last words. */
    public Path terminationMessage() {
        return folder.resolve("termination-log");
    }

    /** Its standard output so far. */
    public String stdout() throws IOException {
        return Files.readString(folder.resolve("stdout"));
    }

    /** Its standard error so far. */
    public String stderr() throws IOException {
        return Files.readString(folder.resolve("stderr"));
    }

    /** All that it has said and written. */
    public String everything() throws IOException {
        return stdout() + stderr() + Files.readString(terminationMessage());
    }

    /** Its answer to a GET of {@code path}. */
    public String get(String path) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return http.send(request, BodyHandlers.ofString()).body();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }

    /** Waits until it answers, or has ended. */
    public void awaitServing() {
        Wait.until(LIMIT, () -> "It does not serve.", () -> {
            try {
                return !process.isAlive() || !get("/leader").isEmpty();
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /** Waits until it leads, or does not. */
    public void awaitLeading(boolean leads) {
        Wait.until(LIMIT, () -> "It does not say leader: " + leads, () -> {
            try {
                return get("/leader").startsWith("{\"leader\":" + leads);
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    /** Whether it has not ended. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Sends SIGTERM, to the process itself if it was wrapped. */
    public void terminate() {
        ProcessHandle sidecar = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .filter(p -> p.info().command().orElse("").endsWith("java"))
                .findFirst()
                .orElse(process.toHandle());
        var unused = sidecar.destroy();
    }

    /** Waits for its end; the status. */
    public int status() throws InterruptedException {
        if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("It has not ended.");
        }
        return process.exitValue();
    }

    /** Ends it, and whatever wraps it, at once. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            var unused = process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
