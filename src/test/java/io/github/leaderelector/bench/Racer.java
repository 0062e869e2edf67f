package io.github.leaderelector.bench;

import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.SidecarProcess;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One process of a contestant: straight to the API server, with the default times, and with nobody who asks it anything
 * but the test. Not safe for use by many threads.
 */
final class Racer implements AutoCloseable {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Contestant contestant;
    private final String name;
    private final Path file;
    private final Path log;
    private final int port = Ports.free();
    private final Map<String, String> environment = new HashMap<>();
    private List<String> wrapper = List.of();
    private @Nullable SidecarProcess process;

    /**
     * @param name its identity, and the user that it is to {@code server}
     * @param folder where its file and its log go
     */
    Racer(Contestant contestant, RealApiServer server, Path folder, String name, String namespace, String lease) {
        this.contestant = contestant;
        this.name = name;
        Path absolute = folder.toAbsolutePath();
        this.file = absolute.resolve(name);
        this.log = absolute.resolve(name + ".log");
        try {
            Files.createDirectories(absolute);
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        environment.putAll(contestant.access(server, absolute, name));
        environment.put("LEASE_NAME", lease);
        environment.put("NAMESPACE", namespace);
        environment.put("IDENTITY", name);
        environment.put("LEADER_FILE", file.toString());
        environment.put("HTTP_PORT", String.valueOf(port));
    }

    /** From its next start on its environment says {@code value} for {@code setting}. */
    void set(String setting, String value) {
        environment.put(setting, value);
    }

    /** From its next start on it is started by {@code command}, which is given the program and its arguments. */
    void startBy(String... command) {
        wrapper = List.of(command);
    }

    /** Starts it; does not wait. */
    void start() {
        SidecarProcess.Spec spec = contestant.of(SidecarProcess.Spec.of(environment, log));
        List<String> command =
                Stream.concat(wrapper.stream(), spec.command().stream()).toList();
        process = SidecarProcess.start(new SidecarProcess.Spec(command, spec.environment(), spec.log()), port);
    }

    /** Waits until its file is there. */
    void awaitLead() {
        Wait.until(
                LIMIT, () -> name + " does not lead; it last said\n" + process().tail(), this::leads);
    }

    /** Whether its file is there. */
    boolean leads() {
        return file.toFile().exists();
    }

    /** Tells it to end, and waits for that. */
    void stop() {
        process().terminate();
        int status = process().awaitExit(LIMIT);
        if (status != 0) {
            throw new AssertionError(name + " ended with status " + status + "; it last said\n"
                    + process().tail());
        }
    }

    String name() {
        return name;
    }

    Contestant contestant() {
        return contestant;
    }

    Path file() {
        return file;
    }

    /** Where it answers who leads. */
    String url() {
        return "http://127.0.0.1:" + port + contestant.path();
    }

    int port() {
        return port;
    }

    SidecarProcess process() {
        if (process == null) {
            throw new IllegalStateException(name + " was never started.");
        }
        return process;
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
