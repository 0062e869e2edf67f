package io.github.leaderelector.election;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.bench.Report;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.ClientGo;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.ProcessCost;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What a thousand candidates on 333 Leases cost one API server, beside as many electors on client-go, and what a
 * restart of the API server does to some of them. All candidates of a kind are in one process, each with connections of
 * its own. The figures go to {@code target/bench/report.md}.
 */
class ScaleBench {

    private static final int CANDIDATES = Integer.getInteger("bench.candidates", 1_000);

    /** Fewer: they share the processors with the API server, and all of them connect anew. */
    private static final int RESTARTED = Integer.getInteger("bench.restarted", 300);

    private static final String CLIENT_GO = "client-go";

    private static final Duration BETWEEN_STARTS = Duration.ofMillis(80);
    private static final Duration LOOKED_AT = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** Of the renewals: what may be missing, and what may be asked for beside them on a machine that is busy. */
    private static final double ALLOWANCE = 0.05;

    /** Of all watches: how many may come back within {@link #AT_ONCE}. */
    private static final double BURST = 0.25;

    /** Of all watches, in percent: those that a last few stragglers do not hide. */
    private static final double MOST = 95;

    private static final Duration AT_ONCE = Duration.ofMillis(100);

    /** What a claim is sure to have left when its next renewal is due. */
    private static final Duration OUTAGE = LightCandidate.TIMINGS
            .renewDeadline()
            .minus(LightCandidate.TIMINGS.retryPeriod().multipliedBy(2));

    /**
     * What candidates that only go on cost.
     *
     * @param requests by verb, a second
     * @param apiServer the share of a processor, in percent
     * @param etcd the same
     * @param resident the memory of the API server in MiB
     */
    private record Cost(Map<String, Double> requests, double apiServer, double etcd, double resident) {

        double of(String verb) {
            return requests.getOrDefault(verb, 0.0);
        }

        double others() {
            return requests.values().stream().mapToDouble(d -> d).sum() - of("update") - of("get");
        }
    }

    @Test
    void aThousandCandidatesCostOnlyTheRenewalsOfTheirLeaders() throws IOException {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        Cost theirs;
        try (RealApiServer server = server(CLIENT_GO)) {
            Wait.pass(Duration.ofSeconds(10));
            Cost nobody = steady(server, CLIENT_GO);
            Report.add(
                    "an API server without candidates",
                    "kube-apiserver %.1f %% of a processor, %.0f MiB resident; etcd %.1f %%"
                            .formatted(nobody.apiServer(), nobody.resident(), nobody.etcd()));
            theirs = clientGo(server);
        }
        try (RealApiServer server = server(LightCandidate.USER);
                Herd herd = new Herd(server, CANDIDATES)) {
            herd.start();
            Cost ours = steady(server, LightCandidate.USER);
            both("updates a second", c -> c.of("update"), "", ours, theirs);
            both("gets a second", c -> c.of("get"), "", ours, theirs);
            both("other requests a second", Cost::others, "", ours, theirs);
            both("kube-apiserver, share of a processor", Cost::apiServer, "%", ours, theirs);
            both("etcd, share of a processor", Cost::etcd, "%", ours, theirs);
            both("kube-apiserver, resident", Cost::resident, "MiB", ours, theirs);
            double renewals = renewals(CANDIDATES);
            assertThat(ours.of("update")).isBetween(renewals * (1 - ALLOWANCE), renewals * (1 + ALLOWANCE));
            assertThat(ours.of("get") + ours.others())
                    .as("requests that are no renewals: %s", ours.requests())
                    .isLessThan(renewals * ALLOWANCE);
        }
    }

    @Test
    void afterARestartOfTheApiServerWatchesReturnSpreadOutAndLeadersStay() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        try (RealApiServer server = server(LightCandidate.USER);
                Herd herd = new Herd(server, RESTARTED)) {
            herd.start();
            restart(server, herd);
        }
    }

    /** The renewals that {@code candidates} are to make a second. */
    private static double renewals(int candidates) {
        int leases = candidates / 3;
        return leases * 1_000.0 / LightCandidate.TIMINGS.retryPeriod().toMillis();
    }

    private static String what(int candidates) {
        return "%,d candidates on %d Leases".formatted(candidates, candidates / 3);
    }

    /** Candidates in this process, three on each Lease and the rest on the last. */
    private static final class Herd implements AutoCloseable {

        private final RealApiServer server;
        private final Vertx vertx = Vertx.vertx();
        private final List<LightCandidate> all;

        /** When a candidate asked for a watch again. */
        private final Queue<Instant> reopened = new ConcurrentLinkedQueue<>();

        Herd(RealApiServer server, int size) {
            this.server = server;
            ElectionListener listener = new ElectionListener() {
                @Override
                public void watchReopened() {
                    reopened.add(Instant.now());
                }
            };
            this.all = IntStream.range(0, size)
                    .mapToObj(i -> LightCandidate.of(
                            server,
                            vertx,
                            new LeaseRef("default", "scale-" + Math.min(i / 3, size / 3 - 1)),
                            "pod-" + i,
                            listener))
                    .toList();
        }

        int size() {
            return all.size();
        }

        /** Returns when all Leases have a leader and nothing but renewals goes on. */
        void start() {
            Instant begun = Instant.now();
            for (LightCandidate candidate : all) {
                candidate.election().start();
                Wait.pass(BETWEEN_STARTS);
            }
            int leases = size() / 3;
            Wait.until(LIMIT, () -> leads().size() + " of " + leases + " lead.", () -> leads().size() == leases);
            Wait.until(LIMIT, () -> "They do not become calm.", () -> {
                Instant from = Instant.now();
                Wait.pass(Duration.ofSeconds(5));
                return server.audit().since(from).size() < 5 * renewals(size()) * (1 + ALLOWANCE);
            });
            Report.add(
                    what(size()) + ", until nothing but renewals goes on",
                    "%d s, with %,d requests"
                            .formatted(
                                    Duration.between(begun, Instant.now()).toSeconds(),
                                    server.audit().since(begun).size()));
        }

        /** Who leads by Lease, with the fencing token: another tenure has another. */
        Map<String, String> leads() {
            return all.stream()
                    .filter(c -> c.hub().leads())
                    .collect(toMap(c -> c.lease().name(), c -> {
                        Claim claim = c.hub().current().claim();
                        return c.hub().current().identity() + ", "
                                + (claim == null ? "no claim" : claim.fencingToken());
                    }));
        }

        @Override
        public void close() {
            all.parallelStream().forEach(c -> c.election().close());
            vertx.close();
        }
    }

    private static RealApiServer server(String user) {
        RealApiServer server = RealApiServer.start(Path.of("target/bench/scale-api-server"), List.of(user));
        new Rbac(server.admin(), "default", "any").grantEveryLease(user);
        return server;
    }

    private static Cost clientGo(RealApiServer server) throws IOException {
        Path folder = Files.createDirectories(Path.of("target/bench/scale").toAbsolutePath());
        Path kubeconfig = Kubeconfigs.write(folder.resolve("kubeconfig"), server, server.port(), CLIENT_GO);
        ProcessBuilder builder = new ProcessBuilder(ClientGo.program().toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("client-go.log").toFile());
        builder.environment()
                .putAll(Map.of(
                        "KUBECONFIG", kubeconfig.toString(),
                        "LEASE_NAME", "client-go",
                        "ELECTORS", String.valueOf(CANDIDATES)));
        Process electors = builder.start();
        try {
            // A second for each hundred to start, and some to settle.
            Wait.pass(Duration.ofSeconds(15 + CANDIDATES / 100));
            return steady(server, CLIENT_GO);
        } finally {
            electors.destroyForcibly();
        }
    }

    private static Cost steady(RealApiServer server, String user) {
        Instant from = Instant.now();
        ProcessCost apiServer = server.cost();
        ProcessCost etcd = server.etcdCost();
        Wait.pass(LOOKED_AT);
        ProcessCost apiServerAfter = server.cost();
        ProcessCost etcdAfter = server.etcdCost();
        Map<String, Double> requests = server.audit().since(from).stream()
                .filter(r -> r.user().equals(user))
                .collect(toMap(AuditLog.Request::verb, r -> 1.0 / LOOKED_AT.toSeconds(), Double::sum));
        return new Cost(
                requests, share(apiServer, apiServerAfter), share(etcd, etcdAfter), apiServerAfter.rss() / 1024.0);
    }

    private static double share(ProcessCost before, ProcessCost after) {
        return 100.0 * after.cpu().minus(before.cpu()).toNanos() / LOOKED_AT.toNanos();
    }

    private static void restart(RealApiServer server, Herd herd) {
        Map<String, String> before = herd.leads();
        Instant killed = Instant.now();
        herd.reopened.clear();
        server.kill();
        server.start();
        Wait.until(LIMIT, () -> watches(server, killed).size() + " watches are back.", () -> {
            Wait.pass(Duration.ofSeconds(2));
            return watches(server, killed).size() >= herd.size();
        });
        // By then a leader that could not renew has lost the Lease.
        Wait.pass(LightCandidate.TIMINGS.leaseDuration());
        List<AuditLog.Request> since = server.audit().since(killed);
        Duration outage = Duration.between(
                killed,
                since.stream()
                        .filter(r -> r.verb().equals("update") && r.status() == 200)
                        .findFirst()
                        .orElseThrow()
                        .received());
        List<Instant> back = watches(server, killed);
        List<Instant> asked = herd.reopened.stream()
                .filter(at -> !at.isBefore(back.get(0)))
                .sorted()
                .toList();
        Report.add(
                what(herd.size()) + ", API server restarted",
                "first renewal after %.1f s; %,d watches, %.0f %% of them back within %.1f s of the first, %.1f %% in the"
                                .formatted(
                                        outage.toMillis() / 1e3,
                                        back.size(),
                                        MOST,
                                        Duration.between(back.get(0), back.get((int) (back.size() * MOST / 100) - 1))
                                                        .toMillis()
                                                / 1e3,
                                        100.0 * busiest(back) / herd.size())
                        + " busiest %d ms, asked for %.1f %%; all requests %s"
                                .formatted(
                                        AT_ONCE.toMillis(),
                                        100.0 * busiest(asked) / herd.size(),
                                        since.stream()
                                                .collect(groupingBy(
                                                        r -> r.verb() + " " + r.status(), TreeMap::new, counting()))));
        assertThat(busiest(back)).as("watches at once").isLessThan((int) (BURST * herd.size()));
        assertThat(busiest(asked)).as("watches asked for at once").isLessThan((int) (BURST * herd.size()));
        Assumptions.assumeTrue(
                outage.compareTo(OUTAGE) < 0,
                "The API server took " + outage.toMillis() + " ms to come back: too long to say who keeps the lead.");
        assertThat(herd.leads()).as("nobody lost the lead").isEqualTo(before);
    }

    /** When the watches that were opened since {@code from} were asked for, in order. */
    private static List<Instant> watches(RealApiServer server, Instant from) {
        return server.audit().since(from).stream()
                .filter(r -> r.verb().equals("watch") && r.status() < 400)
                .map(AuditLog.Request::received)
                .sorted()
                .toList();
    }

    /** How many of {@code times}, which are in order, are within {@link #AT_ONCE}, wherever that begins. */
    private static int busiest(List<Instant> times) {
        int most = 0;
        int first = 0;
        for (int last = 0; last < times.size(); last++) {
            while (Duration.between(times.get(first), times.get(last)).compareTo(AT_ONCE) >= 0) {
                first++;
            }
            most = Math.max(most, last - first + 1);
        }
        return most;
    }

    private static void both(String what, ToDoubleFunction<Cost> figure, String unit, Cost ours, Cost theirs) {
        Report.add(what(CANDIDATES) + ", " + what, figure.applyAsDouble(ours), figure.applyAsDouble(theirs), unit);
    }
}
