package io.github.leaderelector.outlet.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.config.Readiness;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Vital;
import io.smallrye.health.api.AsyncHealthCheck;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponse.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChecksTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub = new LeadershipHub("pod-a", LEASE, RENEW_DEADLINE, ticker);
    private long version;

    /** The events before the probe asks. */
    enum Past {
        NOTHING_SEEN,
        ANOTHER_LEADS,
        LEADING,
        API_SERVER_SILENT_WHILE_FOLLOWING,
        API_SERVER_SILENT_WHILE_LEADING,
        RESIGNED
    }

    @ParameterizedTest(name = "{0}: always {1}, leader {2}, group {3}")
    @CsvSource({
        "NOTHING_SEEN, DOWN, DOWN, DOWN",
        "ANOTHER_LEADS, UP, DOWN, DOWN",
        "LEADING, UP, UP, UP",
        "API_SERVER_SILENT_WHILE_FOLLOWING, UP, DOWN, DOWN",
        "API_SERVER_SILENT_WHILE_LEADING, UP, DOWN, DOWN",
        "RESIGNED, UP, DOWN, DOWN",
    })
    void readinessFollowsTheModeAndTheGroupTheLead(Past past, Status always, Status leader, Status group) {
        live(past);

        assertThat(status(new ReadinessCheck(settings(Readiness.ALWAYS), hub, ticker)))
                .isEqualTo(always);
        assertThat(status(new ReadinessCheck(settings(Readiness.LEADER), hub, ticker)))
                .isEqualTo(leader);
        assertThat(status(new LeaderCheck(hub, ticker))).isEqualTo(group);
    }

    @ParameterizedTest
    @EnumSource
    void nothingThatHappensToTheLeadRestartsTheContainer(Past past) {
        live(past);

        assertThat(status(new LivenessCheck(List.of(Optional::empty), hub, ticker)))
                .isEqualTo(Status.UP);
        assertThat(status(new StartupCheck(hub))).isEqualTo(Status.UP);
    }

    @Test
    void aVitalPartThatFailsIsAReasonToRestartTheContainer() {
        Vital broken = () -> Optional.of("The leader file cannot be removed.");

        HealthCheckResponse answer = ask(new LivenessCheck(List.of(Optional::empty, broken), hub, ticker));

        assertThat(answer.getStatus()).isEqualTo(Status.DOWN);
        assertThat(answer.getData().orElseThrow()).containsEntry("reason", "The leader file cannot be removed.");
    }

    @Test
    void aClaimThatIsStillThereLongAfterItsEndIsAReasonToRestartTheContainer() {
        Moment sent = ticker.now();
        Leadership stuck = new Leadership(
                "pod-a",
                LEASE,
                Phase.LEADING,
                new Claim(1, ManualTicker.START, sent, RENEW_DEADLINE),
                lease("pod-a"),
                sent,
                new Reason(Reason.Code.ACQUIRED, "This replica holds the Lease."),
                null);

        ticker.advance(RENEW_DEADLINE.plusSeconds(1));
        assertThat(LivenessCheck.overdue(stuck, ticker.now())).isEmpty();

        ticker.advance(Duration.ofNanos(1));
        assertThat(LivenessCheck.overdue(stuck, ticker.now()))
                .contains("The claim to the lead was not ended when it should have been.");
    }

    @Test
    void everyAnswerTellsTheReason() {
        live(Past.ANOTHER_LEADS);

        for (AsyncHealthCheck check : List.of(
                new ReadinessCheck(settings(Readiness.ALWAYS), hub, ticker),
                new LeaderCheck(hub, ticker),
                new StartupCheck(hub))) {
            assertThat(ask(check).getData().orElseThrow()).containsEntry("reason", "'pod-b' holds the Lease.");
        }
    }

    private void live(Past past) {
        switch (past) {
            case NOTHING_SEEN -> {}
            case ANOTHER_LEADS -> see("pod-b");
            case LEADING -> lead();
            case API_SERVER_SILENT_WHILE_FOLLOWING -> {
                see("pod-b");
                hub.observe(new Observation.ApiFailed("No answer."));
                ticker.advance(Duration.ofMinutes(1));
            }
            case API_SERVER_SILENT_WHILE_LEADING -> {
                lead();
                hub.observe(new Observation.ApiFailed("No answer."));
                ticker.advance(Duration.ofMinutes(1));
            }
            case RESIGNED -> {
                lead();
                hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.STEP_DOWN, "Asked to step down.")));
            }
        }
    }

    private static Status status(AsyncHealthCheck check) {
        return ask(check).getStatus();
    }

    private static HealthCheckResponse ask(AsyncHealthCheck check) {
        return check.call().await().indefinitely();
    }

    private void lead() {
        hub.observe(new WriteAcknowledged(lease("pod-a"), ticker.now()));
    }

    private void see(String holder) {
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
    }

    private ObservedLease lease(String holder) {
        version++;
        return new ObservedLease(
                holder,
                1,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }

    private static Settings settings(Readiness readiness) {
        return SettingsFixture.settings(Map.of("READINESS", readiness.name()));
    }
}
