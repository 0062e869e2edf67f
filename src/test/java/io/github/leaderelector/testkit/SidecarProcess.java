package io.github.leaderelector.testkit;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One packaged sidecar as a process of its own; safe for use by many threads. */
public final class SidecarProcess implements AutoCloseable {

    /**
     * The program to start.
     *
     * @param command the program and its arguments
     * @param environment the settings; nothing but PATH and HOME is inherited
     * @param log where its output goes, each line with the time of day; appended to
     */
    public record Spec(List<String> command, Map<String, String> environment, Path log) {

        /** The packaged application of this build; see {@link PackagedSidecar}. */
        public static Spec of(Map<String, String> environment, Path log) {
            // As arguments, since an executable does not know the variable.
            Map<String, String> others = new HashMap<>(environment);
            String options = others.getOrDefault(PackagedSidecar.OPTIONS, "");
            others.remove(PackagedSidecar.OPTIONS);
            return new Spec(PackagedSidecar.command(options), Map.copyOf(others), log);
        }

        /** Another program with the same environment. */
        public Spec running(Path program) {
            return new Spec(List.of(program.toString()), environment, log);
        }
    }

    /**
     * A line of output.
     *
     * @param nanos when it was read, by {@link System#nanoTime}
     */
    public record Line(long nanos, String text) {}

    private final Process process;
    private @Nullable Signals signals;
    private final int port;
    private final Queue<Line> lines = new ConcurrentLinkedQueue<>();
    private final Thread reader;

    private SidecarProcess(Spec spec, int port) throws IOException {
        this.port = port;
        ProcessBuilder builder = new ProcessBuilder(spec.command()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().retainAll(List.of("PATH", "HOME"));
        environment.putAll(spec.environment());
        this.process = builder.start();
        this.reader = new Thread(() -> read(spec.log()), "sidecar-log");
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts one; does not wait for anything.
     *
     * @param port where {@code spec} makes it serve HTTP
     */
    public static SidecarProcess start(Spec spec, int port) {
        try {
            return new SidecarProcess(spec, port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(Path log) {
        try (BufferedReader in = process.inputReader(StandardCharsets.UTF_8);
                BufferedWriter out =
                        Files.newBufferedWriter(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines.add(new Line(System.nanoTime(), line));
                out.write(Instant.now() + " " + line + "\n");
                out.flush();
            }
        } catch (IOException ended) {
            // The process was killed while it wrote.
        }
    }

    /** Its number for the operating system. */
    public long pid() {
        return process.pid();
    }

    /** Whether it has not ended. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks it to hand over and end. */
    public void terminate() {
        // The process's own destroy() closes the pipe, too: last words are lost then, and a Go program dies of them.
        var unused = process.toHandle().destroy();
    }

    /** Ends it at once; returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** Makes it stand still; returns when the kernel has taken the order. */
    public void freeze() {
        signal("STOP");
    }

    /** Lets it go on. */
    public void thaw() {
        signal("CONT");
    }

    private synchronized void signal(String name) {
        if (signals == null) {
            signals = new Signals();
        }
        if (!signals.send(name, pid())) {
            throw new IllegalStateException("No process " + pid() + " to send SIG" + name + " to.");
        }
    }

    /**
     * Waits for its end.
     *
     * @return the exit code; 128 + n for one that died of signal n
     */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("Still alive after " + limit + "; it last said\n" + tail());
            }
            reader.join(1_000);
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting.", e);
        }
    }

    /** Its output so far. */
    public List<Line> lines() {
        return List.copyOf(lines);
    }

    /** Whether a line that contains {@code text} was written. */
    public boolean said(String text) {
        return lines.stream().anyMatch(l -> l.text().contains(text));
    }

    /** The last lines of its output. */
    public String tail() {
        List<String> all = lines.stream().map(Line::text).toList();
        return String.join("\n", all.subList(Math.max(0, all.size() - 15), all.size()));
    }

    /**
     * Asks it over HTTP who leads.
     *
     * @throws IOException when it does not answer
     */
    public LeaderAnswer leader() throws IOException {
        try (LeaderClient client = new LeaderClient(port, Duration.ofSeconds(5))) {
            return client.ask();
        }
    }

    /** Ends it at once. */
    @Override
    public synchronized void close() {
        process.destroyForcibly();
        FaultProxy.closeQuietly(signals);
    }
}
