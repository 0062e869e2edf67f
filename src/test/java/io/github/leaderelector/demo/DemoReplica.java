package io.github.leaderelector.demo;

import io.github.leaderelector.testkit.FaultProxy;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.PackagedSidecar;
import io.github.leaderelector.testkit.SidecarProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One of the three sidecars, with a network of its own to the API server. Not safe for use by many threads, but for
 * {@link #end} and {@link #close}.
 */
final class DemoReplica implements AutoCloseable {

    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private final String name;
    private final int port;
    private final Path file;
    private final FaultProxy network;
    private final Path log;
    private final Map<String, String> environment;
    private volatile @Nullable SidecarProcess process;

    /**
     * Starts nothing yet.
     *
     * @param port where it serves HTTP
     * @param file its leader file, absolute
     * @param kubeconfig by which it finds {@code network}
     * @param settings what all replicas share
     */
    DemoReplica(
            String name,
            int port,
            Path file,
            Path log,
            FaultProxy network,
            Path kubeconfig,
            Map<String, String> settings) {
        this.name = name;
        this.port = port;
        this.file = file;
        this.log = log;
        this.network = network;
        environment = new HashMap<>(settings);
        environment.put("IDENTITY", name);
        environment.put("HTTP_PORT", String.valueOf(port));
        environment.put("LEADER_FILE", file.toString());
        environment.put("KUBECONFIG", kubeconfig.toString());
    }

    String name() {
        return name;
    }

    Path file() {
        return file;
    }

    /** The page that shows who leads. */
    URI page() {
        return URI.create("http://localhost:" + port + "/");
    }

    /** The proxy between it and the API server. */
    FaultProxy network() {
        return network;
    }

    // Without the AOT cache of the image: to make it takes longer than it saves here.
    void start() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(PackagedSidecar.options());
        command.addAll(List.of("-jar", "target/quarkus-app/quarkus-run.jar"));
        process = SidecarProcess.start(new SidecarProcess.Spec(command, environment, log), port);
    }

    SidecarProcess process() {
        SidecarProcess running = process;
        if (running == null) {
            throw new IllegalStateException(name + " was never started.");
        }
        return running;
    }

    /** Its answer about itself; empty without an answer. */
    Optional<LeaderAnswer> says() {
        try {
            return Optional.of(process().leader());
        } catch (IOException notYet) {
            return Optional.empty();
        }
    }

    /** Asks it to end, frozen or not; {@link #close} then waits for that. */
    void end() {
        SidecarProcess running = process;
        if (running != null && running.isAlive()) {
            running.terminate();
            running.thaw();
        }
    }

    /** Ends it, by force if it does not end in time. */
    @Override
    public void close() {
        end();
        SidecarProcess running = process;
        if (running != null) {
            try {
                running.awaitExit(END_LIMIT);
            } catch (AssertionError tooSlow) {
                // By force, below.
            } finally {
                running.close();
            }
        }
        network.close();
    }
}
