package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.ProcessCost;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
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
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What time does to a sidecar, and what it makes of little. */
class EnduranceBench {

    private static final int HANDOVERS = Integer.getInteger("bench.soak", 2_000);
    private static final int REQUESTS_PER_HANDOVER = 50;
    /** How far apart the handovers are at least: as many minutes altogether as asked for. */
    private static final Duration APART =
            Duration.ofMinutes(Integer.getInteger("bench.soak.minutes", 0)).dividedBy(HANDOVERS);

    private static final Duration IN_THE_CONTAINER = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private static final long BACK_AFTER_NANOS = 1_000_000_000;

    /** What a process may grow by after the first fifth of its handovers. */
    private static final long GROWTH_KIB = 4 * 1024;

    private static final long CONTAINER_BYTES = 96L << 20;
    private static final int CONTAINER_QUOTA_MICROS = 10_000;

    private static RealApiServer server;

    private final Path folder = Path.of("target/bench/endurance");
    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(Path.of("target/bench/endurance-api-server"), List.of("sidecar-a", "sidecar-b"));
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    private Racer racer(String name, String lease) {
        new Rbac(server.admin(), "default", lease).grant(name);
        return new Racer(Contestant.SIDECAR, server, folder.resolve(lease), name, "default", lease);
    }

    @Test
    void thousandsOfHandoversAndRequestsLeaveMemoryAsItWas() throws IOException, InterruptedException {
        try (Racer a = racer("sidecar-a", "soak");
                Racer b = racer("sidecar-b", "soak")) {
            a.start();
            a.awaitLead();
            b.start();
            Wait.until(LIMIT, () -> "b does not serve.", () -> answers(b));
            List<Long> early = new ArrayList<>();
            List<Long> late = new ArrayList<>();
            Racer leader = a;
            Racer other = b;
            long begun = System.nanoTime();
            for (int i = 0; i < HANDOVERS; i++) {
                long ahead = APART.multipliedBy(i).toNanos() - (System.nanoTime() - begun);
                if (ahead > 0) {
                    Wait.pass(Duration.ofNanos(ahead));
                }
                post(leader, "/leader/step-down?cooldown=100ms");
                Racer old = leader;
                Racer next = other;
                long posted = System.nanoTime();
                // On a busy machine the old one may be back before the other has come.
                Wait.until(
                        LIMIT,
                        () -> "Nobody leads.",
                        () -> next.leads() || (old.leads() && System.nanoTime() - posted > BACK_AFTER_NANOS));
                leader = next.leads() ? next : old;
                other = next.leads() ? old : next;
                for (int j = 0; j < REQUESTS_PER_HANDOVER; j++) {
                    get(j % 2 == 0 ? a : b);
                }
                long anonymous = Math.max(
                        ProcessCost.of(a.process().pid()).anonymous(),
                        ProcessCost.of(b.process().pid()).anonymous());
                if (i > HANDOVERS / 10 && i <= HANDOVERS / 5) {
                    early.add(anonymous);
                } else if (i > HANDOVERS - HANDOVERS / 10) {
                    late.add(anonymous);
                }
            }
            long before = middle(early);
            long after = middle(late);
            Report.add(
                    "%d handovers and %d requests in %d min"
                            .formatted(
                                    HANDOVERS,
                                    HANDOVERS * REQUESTS_PER_HANDOVER,
                                    Duration.ofNanos(System.nanoTime() - begun).toMinutes()),
                    "%.1f MiB anonymous of the larger one after a fifth of them, %.1f MiB at the end"
                            .formatted(before / 1024.0, after / 1024.0));
            assertThat(after - before).as("growth in KiB").isLessThan(GROWTH_KIB);
        }
    }

    private static long middle(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private boolean answers(Racer racer) throws InterruptedException {
        try {
            return get(racer).contains("\"holder\":\"sidecar-a\"");
        } catch (IOException notYet) {
            return false;
        }
    }

    private String get(Racer racer) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(URI.create(racer.url())).build(), BodyHandlers.ofString())
                .body();
    }

    private void post(Racer racer, String path) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + racer.port() + path);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertThat(http.send(request, BodyHandlers.ofString()).statusCode())
                .as("step down %s", racer.name())
                .isEqualTo(202);
    }

    @Test
    void inAContainerOf96MiBAndATenthOfAProcessorItLeadsAndHandsOver() throws IOException {
        Path memory = Path.of("/sys/fs/cgroup/memory");
        Path cpu = Path.of("/sys/fs/cgroup/cpu");
        Assumptions.assumeTrue(
                Files.isWritable(memory.resolve("cgroup.procs")) && Files.isWritable(cpu.resolve("cgroup.procs")),
                "This process cannot make cgroups (version 1) of its own.");
        List<Racer> racers = List.of(racer("sidecar-a", "container"), racer("sidecar-b", "container"));
        List<Path> groups = new ArrayList<>();
        try {
            long begun = System.nanoTime();
            for (Racer racer : racers) {
                Path m = group(groups, memory.resolve("bench-" + racer.name()));
                Files.writeString(m.resolve("memory.limit_in_bytes"), String.valueOf(CONTAINER_BYTES));
                Path c = group(groups, cpu.resolve("bench-" + racer.name()));
                Files.writeString(c.resolve("cpu.cfs_quota_us"), String.valueOf(CONTAINER_QUOTA_MICROS));
                racer.startBy(
                        "/bin/sh",
                        "-c",
                        "echo $$ > %s/cgroup.procs; echo $$ > %s/cgroup.procs; exec \"$@\"".formatted(m, c),
                        "sh");
            }
            Racer first = racers.get(0);
            Racer second = racers.get(1);
            first.start();
            first.awaitLead();
            double start = (System.nanoTime() - begun) / 1e9;
            second.start();
            long end = System.nanoTime() + IN_THE_CONTAINER.toNanos();
            while (System.nanoTime() - end < 0) {
                assertThat(first.leads()).as(first.process()::tail).isTrue();
                Wait.pass(Duration.ofMillis(20));
            }
            double used = ProcessCost.of(first.process().pid()).rss() / 1024.0;
            long told = System.nanoTime();
            first.process().terminate();
            second.awaitLead();
            double handover = (System.nanoTime() - told) / 1e6;
            assertThat(first.process().awaitExit(Duration.ofSeconds(60))).isZero();
            Report.add(
                    "96 MiB and 0.1 of a processor",
                    "leads after %.1f s, for %d s without a break, %.0f MiB resident; hands over in %.0f ms"
                            .formatted(start, IN_THE_CONTAINER.toSeconds(), used, handover));
        } finally {
            racers.forEach(Racer::close);
            for (Path group : groups) {
                Wait.until(
                        LIMIT,
                        () -> group + " is not empty.",
                        () -> group.toFile().delete() || !Files.exists(group));
            }
        }
    }

    private static Path group(List<Path> groups, Path group) throws IOException {
        Files.createDirectories(group);
        groups.add(group);
        return group;
    }
}
