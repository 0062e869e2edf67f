package io.github.leaderelector.demo;

import io.github.leaderelector.demo.Terminal.Style;
import io.github.leaderelector.testkit.FileOrder;
import io.github.leaderelector.testkit.FileWatch;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Wait;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Three sidecars elect a leader, live in the terminal; the leader is stopped and killed by turns.
 *
 * <p>Runs until Ctrl-C, or for {@code -Ddemo.rounds} rounds. Exits with 1 when two leader files existed at one instant
 * or no leader came within three lease durations.
 */
public final class LeaderElectorDemo implements AutoCloseable {

    private static final Duration LEASE_DURATION = Duration.ofSeconds(5);
    private static final Duration NO_LEADER_LIMIT = LEASE_DURATION.multipliedBy(3);
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration ENOUGH_TO_LOOK = Duration.ofSeconds(2);
    private static final String NAMESPACE = "demo";

    private static final Map<String, String> SETTINGS = Map.of(
            "LEASE_NAME", "demo",
            "NAMESPACE", NAMESPACE,
            "LEASE_DURATION", "5s",
            "RENEW_DEADLINE", "3s",
            "RETRY_PERIOD", "1s");

    private final Terminal terminal;
    private final EmbeddedApiServer api;
    private final Map<String, DemoReplica> replicas = new LinkedHashMap<>();
    private final FileWatch files;
    private final FileOrder order;
    private final Map<String, List<Duration>> gaps = new LinkedHashMap<>();
    private int rounds;
    private volatile boolean ending;

    private LeaderElectorDemo(Path folder, int firstPort, Terminal terminal) throws IOException {
        this.terminal = terminal;
        prepare(folder);
        api = new EmbeddedApiServer();
        Path kubeconfig = Kubeconfigs.write(folder.resolve("kubeconfig"), api.url(), NAMESPACE);
        Map<String, String> settings = new LinkedHashMap<>(SETTINGS);
        settings.put("KUBECONFIG", kubeconfig.toAbsolutePath().toString());
        for (char c = 'a'; c <= 'c'; c++) {
            String name = "sidecar-" + c;
            replicas.put(
                    name,
                    new DemoReplica(
                            name,
                            firstPort + c - 'a',
                            folder.resolve("files").resolve(name).toAbsolutePath(),
                            folder.resolve(name + ".log"),
                            settings));
        }
        files = new FileWatch(
                replicas.values().stream().collect(Collectors.toMap(DemoReplica::name, DemoReplica::file)));
        order = new FileOrder(
                folder.resolve("files"), replicas.keySet().stream().collect(Collectors.toMap(Path::of, n -> n)));
    }

    private static void prepare(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("files"));
        try (Stream<Path> old = Files.walk(folder)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Runs the demo. */
    public static void main(String[] arguments) throws Exception {
        int firstPort = Integer.getInteger("demo.port", 4040);
        for (int port = firstPort; port < firstPort + 3; port++) {
            if (!Ports.isFree(port)) {
                System.err.printf(
                        "Port %d is in use: end the program that listens there, or choose three other ports with"
                                + " -Ddemo.port=%d.%n",
                        port, firstPort + 1000);
                System.exit(1);
            }
        }
        // Not System.out, which Maven decorates, and resets just when this process ends.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        LeaderElectorDemo demo = new LeaderElectorDemo(Path.of("target", "demo"), firstPort, new Terminal(out));
        // Ctrl-C reaches the sidecars too; this also ends them when only this process is told to end.
        Runtime.getRuntime().addShutdownHook(new Thread(demo::close, "end-demo"));
        System.exit(demo.run(Integer.getInteger("demo.rounds", Integer.MAX_VALUE)) ? 0 : 1);
    }

    private boolean run(int wanted) {
        try {
            welcome();
            replicas.values().forEach(DemoReplica::start);
            replicas.values().forEach(LeaderElectorDemo::awaitServing);
            awaitLeader("");
            table();
            while (rounds < wanted) {
                Wait.pass(ENOUGH_TO_LOOK);
                round(rounds % 2 == 0 ? "SIGTERM" : "SIGKILL");
            }
            return !twoFiles();
        } catch (AssertionError | IllegalStateException failure) {
            terminal.line();
            terminal.print(Style.BAD, String.valueOf(failure.getMessage())).line();
            return false;
        }
    }

    private void welcome() {
        terminal.line();
        terminal.print(Style.BOLD, "leader-elector").line(": three sidecars, one Lease, one leader");
        terminal.print(Style.FAINT, "LEASE_DURATION=5s RENEW_DEADLINE=3s RETRY_PERIOD=1s, so that a crash is")
                .print(Style.FAINT, " not a long wait (the defaults are 15s, 10s, 2s).")
                .line();
        terminal.print(Style.FAINT, "Their leader is stopped (SIGTERM) and killed (SIGKILL) by turns. Ask them:")
                .print(Style.FAINT, " curl localhost:" + first().port() + "/leader. Ctrl-C ends it.")
                .line();
        terminal.line();
    }

    private DemoReplica first() {
        return replicas.values().iterator().next();
    }

    private static void awaitServing(DemoReplica replica) {
        Wait.until(
                START_LIMIT,
                () -> replica.name() + " does not serve:\n" + replica.process().tail(),
                () -> {
                    if (!replica.process().isAlive()) {
                        throw new IllegalStateException(replica.name() + " has ended:\n"
                                + replica.process().tail());
                    }
                    return replica.says().filter(a -> !a.holder().isEmpty()).isPresent();
                });
    }

    private DemoReplica awaitLeader(String butNot) {
        Wait.until(
                NO_LEADER_LIMIT,
                () -> "No leader within " + NO_LEADER_LIMIT.toSeconds() + " s.",
                () -> files.present().stream().anyMatch(n -> !n.equals(butNot)));
        return Optional.ofNullable(replicas.get(files.present().stream()
                        .filter(n -> !n.equals(butNot))
                        .findFirst()
                        .orElse("")))
                .orElseThrow(() -> new IllegalStateException("The leader's file was gone at once."));
    }

    private void round(String signal) throws IllegalStateException {
        rounds++;
        DemoReplica old = awaitLeader("");
        terminal.print(Style.FAINT, "%3d  ".formatted(rounds))
                .print(Style.BOLD, signal)
                .print(" " + old.name() + " ... ");
        long from = end(old, signal);
        DemoReplica next = awaitLeader(old.name());
        Duration gap = Duration.ofNanos(appeared(next, from) - from);
        gaps.computeIfAbsent(signal, s -> new ArrayList<>()).add(gap);
        terminal.print(next.name() + " leads after ").print(Style.GOOD, Percentiles.millis(gap));
        old.start();
        awaitServing(old);
        terminal.print(Style.FAINT, ", " + old.name() + " is back").line();
        table();
        if (twoFiles()) {
            throw new IllegalStateException("Two leader files at one instant: " + order.together());
        }
    }

    /** Ends {@code old}; returns since when nobody leads. */
    private long end(DemoReplica old, String signal) {
        if (signal.equals("SIGKILL")) {
            long killed = System.nanoTime();
            old.process().kill();
            removeLeftover(old.file());
            return killed;
        }
        old.process().terminate();
        int code = old.process().awaitExit(NO_LEADER_LIMIT);
        if (code != 0) {
            throw new IllegalStateException(old.name() + " exited with " + code + ".");
        }
        Wait.until(
                Duration.ofSeconds(1),
                () -> old.name() + " left its file behind.",
                () -> !files.present().contains(old.name()));
        return spansOf(old).map(Span::to).reduce((one, later) -> later).orElseThrow();
    }

    // A dead process cannot; its successor would, when it starts.
    private static void removeLeftover(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new IllegalStateException("Cannot delete " + file + ": " + e.getMessage(), e);
        }
    }

    private Stream<Span> spansOf(DemoReplica replica) {
        return files.spans().stream().filter(s -> s.replica().equals(replica.name()));
    }

    private long appeared(DemoReplica replica, long after) {
        return spansOf(replica)
                .map(Span::from)
                .filter(n -> n - after > 0)
                .findFirst()
                .orElseThrow();
    }

    private boolean twoFiles() {
        return !order.together().isEmpty();
    }

    private void table() {
        if (ending) {
            return;
        }
        for (DemoReplica replica : replicas.values()) {
            Optional<LeaderAnswer> answer = replica.says();
            boolean leads = answer.map(LeaderAnswer::leader).orElse(false);
            terminal.print(Style.FAINT, "     :" + replica.port() + "  ")
                    .print(leads ? Style.LEADS : Style.PLAIN, "%-10s".formatted(replica.name()))
                    .print(leads ? Style.LEADS : Style.PLAIN, leads ? "  leads   " : "  follows ")
                    .print(
                            leads
                                    ? "  token %-6d  %s"
                                            .formatted(answer.orElseThrow().fencingToken(), shown(replica.file()))
                                    : "")
                    .line();
        }
    }

    private static String shown(Path file) {
        return Path.of("").toAbsolutePath().relativize(file).toString();
    }

    /** Says what was measured and ends all processes. */
    @Override
    public void close() {
        ending = true;
        terminal.line();
        gaps.forEach((signal, times) -> {
            Percentiles spread = Percentiles.of(times);
            terminal.print(Style.BOLD, signal)
                    .line(": %d rounds, a new leader after %s (median), %s (longest)"
                            .formatted(
                                    times.size(),
                                    Percentiles.millis(spread.median()),
                                    Percentiles.millis(spread.max())));
        });
        terminal.print(
                        twoFiles() ? Style.BAD : Style.GOOD,
                        twoFiles() ? "Two leader files at one instant!" : "Never two leader files at one instant.")
                .line();
        replicas.values().forEach(DemoReplica::terminate);
        replicas.values().forEach(DemoReplica::close);
        files.close();
        order.close();
        api.close();
    }
}
