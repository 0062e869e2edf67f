package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.faults.Figures;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.testkit.AuditLog;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many candidates for one Lease: what one handover costs the API server. */
class HerdIT {

    private static final int HANDOVERS = 12;

    /** Conflicts of one handover: as usual, and at most. */
    private static final int HANDFUL = 5;

    private static final int HERD = 15;

    private static RealApiServer server;
    private static Vertx vertx;

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(Path.of("target/bench/herd-api-server"), List.of("sidecar"));
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            vertx.close();
            server.close();
        }
    }

    /** Followers, and the leader: of 20 in the short form of the fault bench, of 20 and of 200 in the whole one. */
    static List<Integer> sizes() {
        return Boolean.getBoolean("faults.short") ? List.of(21) : List.of(21, 201);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aHandoverCostsAHandfulOfConflictsHoweverManyCandidates(int candidates) {
        LeaseRef lease = new LeaseRef("default", "herd-of-" + candidates);
        new io.github.leaderelector.testkit.Rbac(server.admin(), "default", lease.name()).grant("sidecar");
        List<LightCandidate> herd = new ArrayList<>();
        try {
            for (int i = 0; i < candidates; i++) {
                herd.add(candidate(lease, "pod-" + i));
            }
            herd.forEach(c -> c.election().start());
            // Until a successor is named and the permissions are checked.
            Wait.pass(Duration.ofSeconds(4 + candidates / 10));
            List<Long> conflicts = new ArrayList<>();
            List<Long> gaps = new ArrayList<>();
            for (int i = 0; i < HANDOVERS; i++) {
                LightCandidate leader = leader(herd);
                Instant from = Instant.now();
                herd.remove(leader);
                leader.election().stop(new Reason(Reason.Code.SHUTDOWN, "test"));
                long released = System.nanoTime();
                leader(herd);
                gaps.add((System.nanoTime() - released) / 1_000_000);
                Wait.pass(Duration.ofSeconds(2));
                List<AuditLog.Request> writes = server.audit().since(from).stream()
                        .filter(r -> r.verb().equals("update"))
                        .toList();
                assertThat(writes).as("release and acquisition").hasSizeGreaterThanOrEqualTo(2);
                conflicts.add(writes.stream().filter(r -> r.status() == 409).count());
                leader.election().close();
                LightCandidate newcomer = candidate(lease, "pod-" + (candidates + i));
                herd.add(newcomer);
                newcomer.election().start();
            }
            Figures.add(
                    (candidates - 1) + " followers in one process",
                    "15/10/2",
                    "conflicts of each handover %s; without a leader for %s ms".formatted(conflicts, gaps));
            assertThat(conflicts.stream().sorted().toList().get(HANDOVERS / 2)).isLessThanOrEqualTo(HANDFUL);
            assertThat(conflicts).allMatch(n -> n <= HERD);
        } finally {
            herd.forEach(c -> c.election().close());
        }
    }

    private static LightCandidate candidate(LeaseRef lease, String identity) {
        return LightCandidate.of(server, vertx, lease, identity, new ElectionListener() {});
    }

    private static LightCandidate leader(List<LightCandidate> herd) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (System.nanoTime() - end < 0) {
            for (LightCandidate candidate : herd) {
                if (candidate.hub().leads()) {
                    return candidate;
                }
            }
            Wait.pass(Duration.ofMillis(1));
        }
        throw new AssertionError("no leader within 20 s");
    }
}
