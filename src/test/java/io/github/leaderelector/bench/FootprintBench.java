package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.FileWatch;
import io.github.leaderelector.testkit.LeaderClient;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.ProcessCost;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a sidecar costs beside one on client-go: both on the same machine, in the same run, alternately or at once. The
 * figures go to {@code target/bench/report.md}; what fails here is a contestant that does not work, not one that is
 * slow.
 */
class FootprintBench {

    private static final int STARTS = Integer.getInteger("bench.starts", 20);
    private static final int HANDOVERS = Integer.getInteger("bench.handovers", 20);
    private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("bench.warm", 180));
    private static final Duration LOOKED_AT = Duration.ofSeconds(Integer.getInteger("bench.look", 60));
    private static final Duration BETWEEN_HANDOVERS = Duration.ofSeconds(2);
    private static final double KIB_PER_MIB = 1024;
    private static final Pattern NINETY_NINTH = Pattern.compile("(?m)^\\s+99%\\s+([0-9.]+)(us|ms|s)$");

    private static RealApiServer server;

    private final Path folder = Path.of("target/bench/footprint");

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        List<String> users = Stream.of(Contestant.values())
                .flatMap(c -> Stream.of("a", "b", "c").map(letter -> user(c, letter)))
                .toList();
        server = RealApiServer.start(Path.of("target/bench/footprint-api-server"), users);
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    private static String user(Contestant contestant, String letter) {
        return contestant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-') + "-" + letter;
    }

    /** Each kind on a Lease of its own. */
    private Racer racer(Contestant contestant, String letter, String scene) {
        String name = user(contestant, letter);
        String lease = scene + "-"
                + contestant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        new Rbac(server.admin(), "default", lease).grant(name);
        return new Racer(contestant, server, folder.resolve(scene), name, "default", lease);
    }

    @Test
    void fromStartToLead() {
        Map<Contestant, List<Duration>> times = new EnumMap<>(Contestant.class);
        Map<Contestant, List<Duration>> cpu = new EnumMap<>(Contestant.class);
        for (int i = 0; i < STARTS; i++) {
            for (Contestant contestant : Contestant.values()) {
                try (Racer racer = racer(contestant, "a", "start")) {
                    long begun = System.nanoTime();
                    racer.start();
                    racer.awaitLead();
                    long led = System.nanoTime();
                    cpu.computeIfAbsent(contestant, c -> new ArrayList<>())
                            .add(ProcessCost.cpu(racer.process().pid()));
                    times.computeIfAbsent(contestant, c -> new ArrayList<>()).add(Duration.ofNanos(led - begun));
                    // With everything a start brings along, so that none of it disturbs the next.
                    Wait.pass(Duration.ofSeconds(2));
                    racer.stop();
                }
            }
        }
        both(
                "start to lead, median of " + STARTS,
                c -> millis(Percentiles.of(times.get(c)).median()),
                "ms");
        both(
                "processor time until it leads",
                c -> millis(Percentiles.of(cpu.get(c)).median()),
                "ms");
    }

    @Test
    void idle() {
        Map<Contestant, Racer> leaders = new EnumMap<>(Contestant.class);
        Map<Contestant, Racer> followers = new EnumMap<>(Contestant.class);
        try {
            for (Contestant contestant : Contestant.values()) {
                leaders.put(contestant, racer(contestant, "a", "idle"));
                followers.put(contestant, racer(contestant, "b", "idle"));
                leaders.get(contestant).start();
                leaders.get(contestant).awaitLead();
                followers.get(contestant).start();
            }
            Wait.pass(WARM);
            Map<Racer, Duration> before = Stream.concat(leaders.values().stream(), followers.values().stream())
                    .collect(Collectors.toMap(
                            r -> r, r -> ProcessCost.cpu(r.process().pid())));
            Instant from = Instant.now();
            Wait.pass(LOOKED_AT);
            List<AuditLog.Request> requests = server.audit().since(from);
            for (Map<Contestant, Racer> role : List.of(leaders, followers)) {
                String who = role == leaders ? "leader" : "follower";
                both(
                        "idle " + who + ", share of a processor",
                        c -> share(ProcessCost.cpu(role.get(c).process().pid()).minus(before.get(role.get(c)))),
                        "%");
                for (String verb : List.of("get", "update")) {
                    both(
                            "idle " + who + ", " + verb + "s a minute",
                            c -> perMinute(requests, role.get(c).name(), verb::equals),
                            "");
                }
                both(
                        "idle " + who + ", other requests a minute",
                        c -> perMinute(
                                requests, role.get(c).name(), verb -> !verb.equals("get") && !verb.equals("update")),
                        "");
                memory("idle " + who, role);
            }
            assertThat(leaders.values()).allMatch(Racer::leads);
        } finally {
            leaders.values().forEach(Racer::close);
            followers.values().forEach(Racer::close);
        }
    }

    private static double share(Duration cpu) {
        return 100.0 * cpu.toNanos() / LOOKED_AT.toNanos();
    }

    private static double perMinute(List<AuditLog.Request> requests, String user, Predicate<String> verb) {
        return requests.stream()
                        .filter(r -> r.user().equals(user) && verb.test(r.verb()))
                        .count()
                * 60.0
                / LOOKED_AT.toSeconds();
    }

    private static void memory(String state, Map<Contestant, Racer> role) {
        Map<Contestant, ProcessCost> cost = new EnumMap<>(Contestant.class);
        role.forEach((c, racer) -> cost.put(c, ProcessCost.of(racer.process().pid())));
        both(state + ", resident", c -> cost.get(c).rss() / KIB_PER_MIB, "MiB");
        both(state + ", proportional", c -> cost.get(c).pss() / KIB_PER_MIB, "MiB");
        both(state + ", anonymous", c -> cost.get(c).anonymous() / KIB_PER_MIB, "MiB");
        both(state + ", of files", c -> cost.get(c).file() / KIB_PER_MIB, "MiB");
        both(state + ", threads", c -> cost.get(c).threads(), "");
    }

    @Test
    void http() throws IOException {
        Programs.need("wrk");
        Programs.need("taskset");
        Map<Contestant, Racer> racers = new EnumMap<>(Contestant.class);
        Map<Contestant, Double> perSecond = new EnumMap<>(Contestant.class);
        Map<Contestant, Double> slowest = new EnumMap<>(Contestant.class);
        try {
            for (Contestant contestant : Contestant.values()) {
                Racer racer = racer(contestant, "a", "http");
                racers.put(contestant, racer);
                racer.startBy("taskset", "-c", "0");
                racer.start();
                racer.awaitLead();
            }
            for (int round = 0; round < 3; round++) {
                for (Racer racer : racers.values()) {
                    String output = askedAtFullSpeed(racer);
                    perSecond.merge(racer.contestant(), answersPerSecond(output), Math::max);
                    slowest.merge(racer.contestant(), ninetyNinth(output), Math::min);
                }
            }
            both("answers a second on one processor, best of 3", perSecond::get, "");
            both("99 of 100 of these take at most, best of 3", slowest::get, "ms");
            memory("after that", racers);
            Report.add(
                    "at 1,000 requests a second",
                    atRate(racers.get(Contestant.SIDECAR).port()).toString());
        } finally {
            racers.values().forEach(Racer::close);
        }
    }

    private static String askedAtFullSpeed(Racer racer) throws IOException {
        List<String> command = List.of("taskset", "-c", "1", "wrk", "-t1", "-c16", "-d10s", "--latency", racer.url());
        return Programs.run(command, "", Map.of()).output();
    }

    /** In milliseconds, from wrk's line such as {@code 99% 812.00us}. */
    private static double ninetyNinth(String output) {
        Matcher line = NINETY_NINTH.matcher(output);
        if (!line.find()) {
            throw new AssertionError(output);
        }
        double value = Double.parseDouble(line.group(1));
        return switch (line.group(2)) {
            case "us" -> value / 1_000;
            case "s" -> value * 1_000;
            default -> value;
        };
    }

    private static double answersPerSecond(String output) {
        return output.lines()
                .filter(line -> line.startsWith("Requests/sec:"))
                .mapToDouble(line -> Double.parseDouble(line.substring(13).strip()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(output));
    }

    /** From when a request was due, not sent: a stall counts for all that it delays. */
    private static Percentiles atRate(int port) throws IOException {
        int requests = 20_000;
        long between = 1_000_000;
        List<Duration> times = new ArrayList<>();
        try (LeaderClient client = new LeaderClient(port, Duration.ofSeconds(1))) {
            client.ask();
            long due = System.nanoTime();
            for (int i = 0; i < requests; i++, due += between) {
                long wait = due - System.nanoTime();
                if (wait > 0) {
                    Wait.pass(Duration.ofNanos(wait));
                }
                client.ask();
                times.add(Duration.ofNanos(System.nanoTime() - due));
            }
        }
        return Percentiles.of(times);
    }

    @Test
    void handover() {
        Map<Contestant, Percentiles> gaps = new EnumMap<>(Contestant.class);
        for (Contestant contestant : Contestant.values()) {
            List<Racer> racers = Stream.of("a", "b", "c")
                    .map(letter -> racer(contestant, letter, "handover"))
                    .toList();
            try (FileWatch files = new FileWatch(racers.stream().collect(Collectors.toMap(Racer::name, Racer::file)))) {
                racers.forEach(Racer::start);
                for (int i = 0; i < HANDOVERS; i++) {
                    Wait.until(Duration.ofSeconds(60), () -> "No leader.", () -> leader(racers) != null);
                    Wait.pass(BETWEEN_HANDOVERS);
                    Racer leader = leader(racers);
                    leader.process().terminate();
                    // One that starts campaigns at once: it would be the next leader itself.
                    Wait.until(
                            Duration.ofSeconds(60),
                            () -> "Nobody took over.",
                            () -> racers.stream().anyMatch(r -> r != leader && r.leads()));
                    assertThat(leader.process().awaitExit(Duration.ofSeconds(60)))
                            .isZero();
                    leader.start();
                }
                Wait.until(Duration.ofSeconds(60), () -> "No leader.", () -> leader(racers) != null);
                gaps.put(contestant, Percentiles.of(gaps(files.spans())));
            } finally {
                racers.forEach(Racer::close);
            }
        }
        both(
                "gap of a handover, median of " + HANDOVERS,
                c -> millis(gaps.get(c).median()),
                "ms");
        both("gap of a handover, longest", c -> millis(gaps.get(c).max()), "ms");
    }

    private static Racer leader(List<Racer> racers) {
        return racers.stream().filter(Racer::leads).findFirst().orElse(null);
    }

    private static List<Duration> gaps(List<Span> spans) {
        List<Span> sorted = spans.stream()
                .sorted(Comparator.comparingLong(s -> s.from() - spans.get(0).from()))
                .toList();
        List<Duration> gaps = new ArrayList<>();
        for (int i = 1; i < sorted.size(); i++) {
            gaps.add(Duration.ofNanos(sorted.get(i).from() - sorted.get(i - 1).to()));
        }
        return gaps;
    }

    private static double millis(Duration time) {
        return time.toNanos() / 1e6;
    }

    private static void both(String what, ToDoubleFunction<Contestant> figure, String unit) {
        Report.add(what, figure.applyAsDouble(Contestant.SIDECAR), figure.applyAsDouble(Contestant.CLIENT_GO), unit);
    }
}
