package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One replica of a {@link Bench}: its place in the world, which stays, and the process in it, which comes and goes.
 * Everything done to it is noted in the history. Not safe for use by many threads.
 */
public final class Replica implements AutoCloseable {

    private final String name;
    private final History history;
    private final RealApiServer server;
    private final Path kubeconfig;
    private final FaultProxy network;
    private final HttpFaultProxy api;
    private final Path file;
    private final Path log;
    private final int port = Ports.free();
    private final HttpWatch claims;
    private final Map<String, String> environment;
    private @Nullable Path program;
    private @Nullable SidecarProcess process;
    private long frozenAt;
    private boolean frozen;

    Replica(String name, RealApiServer server, History history, Path folder, Map<String, String> settings) {
        this.name = name;
        this.history = history;
        this.api = new HttpFaultProxy(server);
        this.network = new FaultProxy(api.port());
        this.file = folder.resolve("leader").resolve(name);
        this.log = folder.resolve(name + ".log");
        this.claims = new HttpWatch(name, port);
        this.server = server;
        this.kubeconfig = Kubeconfigs.write(folder.resolve(name + ".kubeconfig"), server, network.port(), name);
        this.environment = new HashMap<>(settings);
        environment.put("KUBECONFIG", kubeconfig.toString());
        environment.put("IDENTITY", name);
        environment.put("LEADER_FILE", file.toString());
        environment.put("HTTP_PORT", String.valueOf(port));
    }

    /** Its name, which is also its identity and the user that it is to the API server. */
    public String name() {
        return name;
    }

    /** From its next start on it talks to the API server itself, past its proxies, for times that are its own. */
    public void bypassProxies() {
        Kubeconfigs.write(kubeconfig, server, server.port(), name);
    }

    /** Its network. */
    public FaultProxy network() {
        return network;
    }

    /** The API server as it meets it. */
    public HttpFaultProxy api() {
        return api;
    }

    /** Its leader file. */
    public Path file() {
        return file;
    }

    /** Where it serves HTTP, on this machine. */
    public int httpPort() {
        return port;
    }

    /** Its claim over HTTP. */
    public HttpWatch claims() {
        return claims;
    }

    /** The running process; the last one when it has ended. */
    public SidecarProcess process() {
        if (process == null) {
            throw new IllegalStateException(name + " was never started.");
        }
        return process;
    }

    /** Whether its process runs. */
    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** From the next start on its environment says {@code value} for {@code setting}. */
    public void set(String setting, String value) {
        environment.put(setting, value);
    }

    /** From the next start on it is {@code other} instead of the sidecar: a program that knows the same settings. */
    public void run(Path other) {
        program = other;
    }

    /** Starts its process; does not wait for anything. */
    public void start() {
        history.mark("start " + name);
        SidecarProcess.Spec sidecar = SidecarProcess.Spec.of(environment, log);
        process = SidecarProcess.start(program == null ? sidecar : sidecar.running(program), port);
    }

    /** Waits until it answers over HTTP and has seen the Lease. */
    public void awaitServing(Duration limit) {
        long from = System.nanoTime();
        Wait.until(
                limit,
                () -> name + " does not serve after " + limit + "; it last said\n"
                        + process().tail(),
                () -> {
                    LeaderAnswer last = claims.last();
                    if (!isAlive()) {
                        throw new AssertionError(
                                name + " has ended; it last said\n" + process().tail());
                    }
                    return last != null
                            && last.asked() - from > 0
                            && !last.holder().isEmpty();
                });
    }

    /** Asks it to hand over and end; does not wait. */
    public void terminate() {
        history.mark("SIGTERM " + name);
        process().terminate();
    }

    /** Ends it at once and removes the file that it had no time to remove. */
    public void kill() {
        history.mark("SIGKILL " + name);
        long died = System.nanoTime();
        process().kill();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        history.died(name, died, System.nanoTime());
    }

    /** Makes it stand still. */
    public void freeze() {
        history.mark("SIGSTOP " + name);
        frozenAt = System.nanoTime();
        frozen = true;
        process().freeze();
    }

    /**
     * Lets it go on.
     *
     * @return the moment of it, by {@link System#nanoTime}
     */
    public long thaw() {
        history.mark("SIGCONT " + name);
        process().thaw();
        long thawed = System.nanoTime();
        history.frozen(name, frozenAt, thawed);
        frozen = false;
        return thawed;
    }

    /** Ends its process, at once, and its network. */
    @Override
    public void close() {
        claims.close();
        if (process != null) {
            if (frozen) {
                process.thaw();
            }
            process.close();
        }
        network.close();
        api.close();
    }
}
