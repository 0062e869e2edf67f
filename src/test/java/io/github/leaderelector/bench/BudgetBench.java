package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.PackagedSidecar;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Where the time and the memory of a sidecar go: by its threads, by what the JVM keeps the memory for (NMT), and by the
 * files behind it.
 */
class BudgetBench {

    private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("bench.warm", 180));
    private static final Duration LOOKED_AT = Duration.ofSeconds(Integer.getInteger("bench.look", 60));
    private static final int SHOWN = 8;

    /** As in "- Java Heap (reserved=24576KB, committed=24576KB)". */
    private static final Pattern NMT = Pattern.compile("-\\s+(.+?) \\(reserved=\\d+KB, committed=(\\d+)KB.*");

    private static RealApiServer server;

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(Path.of("target/bench/budget-api-server"), List.of("sidecar-a", "sidecar-b"));
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    private static Racer racer(String name) {
        new Rbac(server.admin(), "default", "budget").grant(name);
        Racer racer = new Racer(Contestant.SIDECAR, server, Path.of("target/bench/budget"), name, "default", "budget");
        if (!PackagedSidecar.isNative()) {
            racer.set("JDK_JAVA_OPTIONS", "-XX:NativeMemoryTracking=summary");
        }
        return racer;
    }

    @Test
    void whereItGoes() throws IOException {
        try (Racer leader = racer("sidecar-a");
                Racer follower = racer("sidecar-b")) {
            leader.start();
            leader.awaitLead();
            report("processor time until it leads, ms by thread", byThread(leader), 1);
            follower.start();
            Wait.pass(WARM);
            Map<String, Double> leaderBefore = byThread(leader);
            Map<String, Double> followerBefore = byThread(follower);
            Wait.pass(LOOKED_AT);
            double minutes = LOOKED_AT.toMillis() / 60_000.0;
            report(
                    "processor time of an idle leader, ms a minute by thread",
                    minus(byThread(leader), leaderBefore),
                    minutes);
            report(
                    "processor time of an idle follower, ms a minute by thread",
                    minus(byThread(follower), followerBefore),
                    minutes);
            if (!PackagedSidecar.isNative()) {
                report("memory of an idle leader, MiB that the JVM has committed", committed(leader), 1024);
            }
            report("memory of an idle leader, MiB resident by file", resident(leader, "Rss"), 1024);
            report("memory of an idle leader, MiB anonymous by file", resident(leader, "Anonymous"), 1024);
            assertThat(leader.leads()).isTrue();
        }
    }

    private static void report(String what, Map<String, Double> values, double unit) {
        double sum = values.values().stream().mapToDouble(d -> d).sum();
        String parts = values.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .map(e -> String.format(Locale.ROOT, "%s %.1f", e.getKey(), e.getValue() / unit))
                .collect(Collectors.joining(", "));
        Report.add(what, String.format(Locale.ROOT, "%.1f: %s", sum / unit, parts));
    }

    private static Map<String, Double> minus(Map<String, Double> after, Map<String, Double> before) {
        return after.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue() - before.getOrDefault(e.getKey(), 0.0)));
    }

    /** Milliseconds of processor time by the name of the thread, which the kernel cuts to 15 characters. */
    private static Map<String, Double> byThread(Racer racer) {
        Map<String, Double> times = new TreeMap<>();
        try (Stream<Path> tasks =
                Files.list(Path.of("/proc", String.valueOf(racer.process().pid()), "task"))) {
            for (Path task : tasks.toList()) {
                try {
                    String name = Files.readString(task.resolve("comm")).strip();
                    String spent = Files.readString(task.resolve("schedstat")).split(" ", -1)[0];
                    times.merge(name, Long.parseLong(spent) / 1e6, Double::sum);
                } catch (IOException ended) {
                    // A thread that is no more; what it has used is not known any more either.
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return times;
    }

    private static Map<String, Double> committed(Racer racer) throws IOException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        List<String> command =
                List.of(jcmd, String.valueOf(racer.process().pid()), "VM.native_memory", "summary", "scale=KB");
        Map<String, Double> kibibytes = Programs.run(command, "", Map.of())
                .output()
                .lines()
                .map(NMT::matcher)
                .filter(Matcher::matches)
                .collect(Collectors.toMap(
                        m -> m.group(1), m -> Double.parseDouble(m.group(2)), Double::sum, LinkedHashMap::new));
        assertThat(kibibytes).as("what NMT tells").containsKey("Java Heap");
        return kibibytes;
    }

    /** KiB of {@code what} by the file that is mapped; what no file is mapped for is "no file". */
    private static Map<String, Double> resident(Racer racer, String what) throws IOException {
        Map<String, Double> kibibytes = new TreeMap<>();
        String file = "";
        for (String line : Files.readAllLines(
                Path.of("/proc", String.valueOf(racer.process().pid()), "smaps"))) {
            if (line.matches("^[0-9a-f]+-[0-9a-f]+ .*")) {
                String[] columns = line.split(" +", 6);
                Path path = columns.length == 6 ? Path.of(columns[5]).getFileName() : null;
                file = path == null || !columns[5].startsWith("/") ? "no file" : path.toString();
            } else if (line.startsWith(what + ":")) {
                kibibytes.merge(file, Double.parseDouble(line.replaceAll("\\D+", "")), Double::sum);
            }
        }
        return kibibytes;
    }
}
