package io.github.leaderelector.demo;

import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.SidecarProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One of the three sidecars. Not safe for use by many threads, but for {@link #close}. */
final class DemoReplica implements AutoCloseable {

    private final String name;
    private final int port;
    private final Path file;
    private final SidecarProcess.Spec spec;
    private volatile @Nullable SidecarProcess process;

    DemoReplica(String name, int port, Path file, Path log, Map<String, String> settings) {
        this.name = name;
        this.port = port;
        this.file = file;
        Map<String, String> environment = new HashMap<>(settings);
        environment.put("IDENTITY", name);
        environment.put("HTTP_PORT", String.valueOf(port));
        environment.put("LEADER_FILE", file.toString());
        this.spec = SidecarProcess.Spec.of(environment, log);
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    Path file() {
        return file;
    }

    void start() {
        process = SidecarProcess.start(spec, port);
    }

    SidecarProcess process() {
        SidecarProcess running = process;
        if (running == null) {
            throw new IllegalStateException(name + " was never started.");
        }
        return running;
    }

    /** What it says of itself; empty while it does not answer. */
    Optional<LeaderAnswer> says() {
        try {
            return Optional.of(process().leader());
        } catch (IOException notYet) {
            return Optional.empty();
        }
    }

    /** Asks it to end; {@link #close} then waits for that. */
    void terminate() {
        SidecarProcess running = process;
        if (running != null) {
            running.terminate();
        }
    }

    /** Ends it, by force if it does not end in time. */
    @Override
    public void close() {
        SidecarProcess running = process;
        if (running == null) {
            return;
        }
        running.terminate();
        try {
            running.awaitExit(Duration.ofSeconds(5));
        } catch (AssertionError tooSlow) {
            // By force, below.
        } finally {
            running.close();
        }
    }
}
