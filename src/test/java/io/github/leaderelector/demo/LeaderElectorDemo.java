package io.github.leaderelector.demo;

import io.github.leaderelector.demo.Incident.Handover;
import io.github.leaderelector.demo.Terminal.Style;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.Wait;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Three sidecars elect a leader, live in the terminal; the leader is stopped, killed, frozen and cut off by turns.
 *
 * <p>Runs until Ctrl-C, or for {@code -Ddemo.rounds} rounds. Exits with 1 when two leader files existed at one instant
 * or no leader came within three lease durations. No line is longer than 80 characters.
 */
public final class LeaderElectorDemo implements AutoCloseable {

    private static final Duration ENOUGH_TO_LOOK = Duration.ofSeconds(2);

    private final Terminal terminal;
    private final DemoCluster cluster;
    private final Map<Incident, List<Duration>> times = new EnumMap<>(Incident.class);
    private volatile boolean ending;

    private LeaderElectorDemo(DemoCluster cluster, Terminal terminal) {
        this.cluster = cluster;
        this.terminal = terminal;
    }

    /** Runs the demo. */
    public static void main(String[] arguments) throws IOException {
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
        DemoCluster cluster = new DemoCluster(Path.of("target", "demo"), firstPort);
        LeaderElectorDemo demo = new LeaderElectorDemo(cluster, new Terminal(out));
        // Ctrl-C reaches the sidecars too; this also ends them when only this process is told to end.
        Runtime.getRuntime().addShutdownHook(new Thread(demo::close, "end-demo"));
        System.exit(demo.run(Integer.getInteger("demo.rounds", Integer.MAX_VALUE)) ? 0 : 1);
    }

    private boolean run(int rounds) {
        try {
            welcome();
            cluster.start();
            table();
            Incident[] incidents = Incident.values();
            for (int round = 0; round < rounds; round++) {
                Wait.pass(ENOUGH_TO_LOOK);
                round(round + 1, incidents[round % incidents.length]);
            }
            return true;
        } catch (AssertionError | RuntimeException failure) {
            // Failures during the end of the demo mean nothing.
            if (!ending) {
                terminal.line();
                terminal.print(Style.BAD, String.valueOf(failure.getMessage())).line();
            }
            return false;
        }
    }

    private void welcome() {
        terminal.line();
        terminal.print(Style.BOLD, "leader-elector").line(": three sidecars, one Lease, one leader.");
        terminal.print(Style.FAINT, "Their leader is stopped, killed, frozen and cut off by turns.")
                .line();
        terminal.print(Style.FAINT, "LEASE_DURATION=5s RENEW_DEADLINE=3s RETRY_PERIOD=1s (defaults: 15s 10s 2s).")
                .line();
        terminal.print("Live page: " + cluster.replicas().get(0).page())
                .print(Style.FAINT, "   Ctrl-C ends it.")
                .line();
        terminal.line();
    }

    private void round(int number, Incident incident) {
        DemoReplica old = cluster.awaitLeader("");
        terminal.print(Style.FAINT, "%3d  ".formatted(number)).line(old.name() + " " + incident.deed() + " ...");
        Handover handover = incident.strike(cluster, old);
        times.computeIfAbsent(incident, s -> new ArrayList<>()).add(handover.time());
        terminal.print("     " + handover.next().name() + " leads after ")
                .print(Style.GOOD, Incident.shown(handover.time()))
                .print(Style.FAINT, "; " + handover.remark())
                .line();
        terminal.print(Style.FAINT, "     " + incident.recover(cluster, old) + ".")
                .line();
        table();
        if (cluster.twoLed()) {
            throw new IllegalStateException("Two leader files at one instant.");
        }
    }

    private void table() {
        for (DemoReplica replica : cluster.replicas()) {
            Optional<LeaderAnswer> answer = replica.says();
            boolean leads = answer.map(LeaderAnswer::leader).orElse(false);
            terminal.print(Style.FAINT, "     %-23s ".formatted(replica.page()))
                    .print(
                            leads ? Style.LEADS : Style.PLAIN,
                            "%s %s".formatted(replica.name(), leads ? "leads" : "follows"))
                    .print(
                            leads
                                    ? "  fencing token %d"
                                            .formatted(answer.orElseThrow().fencingToken())
                                    : "")
                    .line();
        }
    }

    /** Says what was measured and ends all processes. */
    @Override
    public void close() {
        ending = true;
        terminal.line();
        times.forEach((incident, measured) -> {
            Percentiles spread = Percentiles.of(measured);
            terminal.print(Style.BOLD, "%-10s".formatted(incident.title()))
                    .line(" %2d x, a new leader after %s (median), %s (longest)"
                            .formatted(measured.size(), Incident.shown(spread.median()), Incident.shown(spread.max())));
        });
        boolean two = cluster.twoLed();
        terminal.print(
                        two ? Style.BAD : Style.GOOD,
                        two ? "Two led at one instant!" : "Never two leaders at one instant.")
                .line();
        cluster.close();
    }
}
