package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.Checker;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The replicas and the API server of one test class, and what its scenarios ask of them again and again. */
final class Scene implements AutoCloseable {

    static final List<String> THREE = List.of("sidecar-a", "sidecar-b", "sidecar-c");

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration GONE_AFTER_DEADLINE = Duration.ofMillis(50);

    private final RealApiServer server;
    private final Bench bench;
    private final long origin = System.nanoTime();
    private final Set<String> knownViolations = new HashSet<>();
    private long from = System.nanoTime();

    private Scene(RealApiServer server, Bench bench) {
        this.server = server;
        this.bench = bench;
    }

    /** Starts an API server, and sets up replicas called {@code names}; starts none of them. */
    static Scene open(String name, Timings timings, Map<String, String> settings, List<String> names) {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        Path folder =
                Path.of("target/faults/" + name + "-" + timings.leaseDuration().toSeconds() + "s");
        RealApiServer server = RealApiServer.start(folder.resolveSibling(folder.getFileName() + "-api-server"), names);
        return new Scene(server, Bench.create(server, folder, timings, settings, names));
    }

    /** Three replicas, running. */
    static Scene ofThree(String name, Timings timings) {
        Scene scene = open(name, timings, Map.of("READINESS", "leader"), THREE);
        scene.bench.startAll();
        return scene;
    }

    RealApiServer server() {
        return server;
    }

    Bench bench() {
        return bench;
    }

    Timings timings() {
        return bench.timings();
    }

    /** The Lease, for one who may do everything to it. */
    Resource<Lease> lease() {
        return bench.admin().leases().inNamespace(bench.namespace()).withName(Bench.LEASE);
    }

    /**
     * Begins a scenario: ends all faults, starts stopped replicas, waits until all know the leader. What was seen since
     * the last one began is judged here, and not again.
     *
     * @return who leads
     */
    Replica begin(String scenario) {
        heal();
        Replica leader = settle();
        try {
            assertClean("before " + scenario);
        } finally {
            knownViolations.addAll(bench.checker().report().violations());
            from = System.nanoTime();
        }
        bench.files().forgetBlinks();
        bench.history().mark(scenario);
        return leader;
    }

    /** Ends all faults on the way to the API server. */
    void heal() {
        for (Replica replica : bench.replicas()) {
            replica.network().heal();
            replica.api().heal();
        }
    }

    /** Starts who does not run, and waits until all know who leads. */
    Replica settle() {
        List<Replica> dead = bench.replicas().stream().filter(r -> !r.isAlive()).toList();
        dead.forEach(Replica::start);
        dead.forEach(r -> r.awaitServing(START_LIMIT));
        Replica leader = bench.awaitLeader(timings().leaseDuration().multipliedBy(3));
        Wait.until(
                Duration.ofSeconds(20),
                () -> "Not all know that " + leader.name() + " leads: "
                        + bench.replicas().stream()
                                .map(r -> r.name() + " says " + r.claims().last())
                                .toList(),
                () -> allName(leader));
        return leader;
    }

    /** Whether all run, and know who leads. */
    boolean isSettled() {
        List<String> present = bench.files().present();
        return present.size() == 1
                && bench.replicas().stream().allMatch(Replica::isAlive)
                && allName(bench.replica(present.get(0)));
    }

    private boolean allName(Replica leader) {
        return bench.replicas().stream().allMatch(r -> names(r, leader));
    }

    private static boolean names(Replica replica, Replica leader) {
        LeaderAnswer last = replica.claims().last();
        return last != null
                && last.holder().equals(leader.name())
                && last.leader() == (replica == leader)
                && System.nanoTime() - last.answered() < 1_000_000_000L;
    }

    /** When the present scenario began. */
    long from() {
        return from;
    }

    /** Makes {@code replica} the leader by cutting the others off until it is. */
    void giveLeadTo(Replica replica) {
        List<Replica> others =
                bench.replicas().stream().filter(r -> r != replica).toList();
        others.forEach(r -> r.network().blackHole());
        bench.awaitLeaderOtherThan(others.get(0), timings().leaseDuration().multipliedBy(4));
        Wait.until(
                timings().leaseDuration().multipliedBy(4),
                () -> replica.name() + " does not lead though it alone reaches the API server.\n"
                        + bench.checker().describe(),
                () -> bench.files().present().equals(List.of(replica.name())));
        others.forEach(r -> r.network().heal());
        settle();
    }

    /** The last write of {@code replica} that the API server has acknowledged so far. */
    Exchange lastAcknowledged(Replica replica) {
        return writes(replica, origin)
                .filter(e -> e.status().getNow(0) / 100 == 2)
                .reduce((a, b) -> b)
                .orElseThrow(() -> new AssertionError(replica.name() + " has not written."));
    }

    /** The writes of {@code replica} to the Lease since {@code nanos}. */
    static Stream<Exchange> writes(Replica replica, long nanos) {
        return replica.api().since(nanos).stream().filter(e -> e.request().writesLeases());
    }

    /** Waits for a moment in which {@code leader} has no write under way, and none will be due soon. */
    Exchange awaitRenewal(Replica leader) {
        Exchange before = lastAcknowledged(leader);
        Wait.until(
                timings().renewDeadline(),
                () -> leader.name() + " does not renew.",
                () -> lastAcknowledged(leader).nanos() != before.nanos());
        Exchange renewal = lastAcknowledged(leader);
        Wait.pass(Duration.ofMillis(60));
        return renewal;
    }

    /** The last time that the file of {@code replica} was there. */
    Span lastFile(Replica replica) {
        return lastOf(bench.files().spans().stream()
                .filter(s -> s.replica().equals(replica.name()))
                .toList());
    }

    /** The last time that {@code replica} claimed to lead over HTTP. */
    Span lastClaim(Replica replica) {
        return lastOf(replica.claims().spans());
    }

    private Span lastOf(List<Span> spans) {
        return spans.stream()
                .reduce((a, b) -> b.from() - a.from() > 0 ? b : a)
                .orElseThrow(() ->
                        new AssertionError("Never led.\n" + bench.checker().describe()));
    }

    /**
     * {@code bound} for something that must happen in time, on this machine: as long as the watch of the files was held
     * up by what else runs here in the present scenario, so may the sidecars have been.
     */
    Duration allowing(Duration bound) {
        return bound.plusNanos(bench.files().longestBlink());
    }

    /** The replicas whose files existed during the current scenario, each once. */
    Set<String> led() {
        return filesOfScenario().map(Span::replica).collect(Collectors.toSet());
    }

    /** When files were there during the present scenario. */
    Stream<Span> filesOfScenario() {
        return bench.files().spans().stream().filter(s -> s.to() - from > 0);
    }

    /** Waits until {@code replica} has stopped to claim, and fails if that was later than it must be. */
    String claimEndsInTime(Replica replica, Exchange lastAcknowledged, ReadinessWatch readiness) {
        Wait.until(
                timings().leaseDuration().multipliedBy(2),
                () -> replica.name() + " claims on.\n" + bench.checker().describe(),
                () -> !bench.files().present().contains(replica.name())
                        && !replica.claims().last().leader()
                        && !readiness.ready());
        long deadline = lastAcknowledged.nanos() + timings().renewDeadline().toNanos();
        Duration file = Duration.ofNanos(lastFile(replica).to() - deadline);
        Duration claim = Duration.ofNanos(lastClaim(replica).to() - deadline);
        Duration probe = Duration.ofNanos(readiness.lastReady() - deadline);
        String measured = "last seen at the renew deadline %+.1f ms (file), %+.1f ms (HTTP), %+.1f ms (readiness)"
                .formatted(millis(file), millis(claim), millis(probe));
        assertThat(file).as(measured).isLessThanOrEqualTo(allowing(GONE_AFTER_DEADLINE));
        assertThat(claim).as(measured).isLessThanOrEqualTo(allowing(GONE_AFTER_DEADLINE));
        assertThat(probe).as(measured).isLessThanOrEqualTo(allowing(GONE_AFTER_DEADLINE));
        return measured;
    }

    /** Fails if anything was seen in the present scenario that must not be. */
    void assertClean(String note) {
        Checker checker = bench.checker();
        Checker.Report report = checker.report();
        List<Checker.Overlap> overlaps =
                report.overlaps().stream().filter(o -> o.nanos() - from > 0).toList();
        List<String> violations = report.violations().stream()
                .filter(v -> !knownViolations.contains(v))
                .toList();
        if (!overlaps.isEmpty() || !violations.isEmpty()) {
            throw new AssertionError("%s%n%d overlaps, violations: %s%n%s"
                    .formatted(note, overlaps.size(), violations, checker.describe()));
        }
    }

    /** Judges the present scenario and reports its figures. */
    void conclude(String scenario, String measured) {
        assertClean(scenario);
        Figures.add(scenario, timings(), measured, bench.files().longestBlink());
    }

    static double millis(Duration time) {
        return time.toNanos() / 1e6;
    }

    static double millis(long nanos) {
        return nanos / 1e6;
    }

    @Override
    public void close() {
        bench.close();
        server.close();
    }
}
