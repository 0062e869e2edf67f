package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkloadMarkTest {

    private static final String WARNING = "WARN LE-211 Lease " + SimulatedCandidate.LEASE
            + " is held by 'web-0' of workload 'web', but this replica belongs to 'api': workloads that share a Lease"
            + " have one leader between them; give each a LEASE_NAME of its own.";

    private final CollectedLog log = new CollectedLog(WorkloadMark.class);
    private final WorkloadMark api = mark("api-0", Optional.of("api"));

    /** The mark of a pod whose name tells that workload, or none. */
    private static WorkloadMark mark(String identity, Optional<String> workload) {
        String pod = workload.map(name -> name + "-0").orElse("pod");
        return new WorkloadMark(
                new ElectionSettings(SimulatedCandidate.LEASE, identity, pod, ElectionStage.TIMINGS, Duration.ZERO));
    }

    private static LeaseDocument heldBy(String holder) {
        return LeaseDocument.initial(SimulatedCandidate.LEASE)
                .heldBy(holder, Duration.ofSeconds(15), Instant.EPOCH, Instant.EPOCH, 0);
    }

    private static LeaseDocument marked(String holder, String workload) {
        return heldBy(holder).withWorkload(Optional.of(workload));
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void theLeaseOfAnotherWorkloadIsReportedOnceWhileItStaysThere() {
        api.check(marked("web-0", "web"));
        api.check(marked("web-1", "web"));

        assertThat(log.lines()).containsExactly(WARNING);
    }

    @Test
    void itIsReportedAgainWhenItComesBack() {
        api.check(marked("web-0", "web"));
        api.check(marked("api-1", "api"));
        api.check(marked("web-0", "web"));

        assertThat(log.lines()).containsExactly(WARNING, WARNING);
    }

    @Test
    void nothingIsSaidOfOurOwnWorkloadNorWhereAnyNameIsMissing() {
        api.check(marked("api-1", "api"));
        api.check(heldBy("client-go"));
        // A name that our workload had before, in a Lease that nobody holds.
        api.check(marked("", "old-name"));
        mark("api-0", Optional.empty()).check(marked("web-0", "web"));

        assertThat(log.lines()).isEmpty();
    }

    @Test
    void whoTakesTheLeaseLeavesItsOwnMarkOrNone() {
        LeaseDocument present = marked("web-0", "web").withSuccessor("web-1");

        assertThat(api.on(present).workload()).isEqualTo("api");
        assertThat(api.on(present).successor()).isEqualTo("web-1");
        assertThat(mark("x", Optional.empty()).on(present).workload()).isNull();
    }

    @Test
    void aTenureBeginsWithTheMark() {
        ElectionStage stage = new ElectionStage();

        stage.leader("pod-a");

        assertThat(stage.lease().workload()).isEqualTo(SimulatedCandidate.WORKLOAD);
    }
}
