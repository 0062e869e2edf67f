package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.ObservedLease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClaimWatchdogTest {

    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final VirtualTime time = new VirtualTime();
    private final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    private final LeadershipHub hub = new LeadershipHub("pod-a", SimulatedCandidate.LEASE, DEADLINE, machine);
    private final List<String> told = new ArrayList<>();
    private int events;

    ClaimWatchdogTest() {
        SimulatedMachine.SimulatedThread thread = machine.thread();
        hub.subscribe("watchdog", thread, new ClaimWatchdog(hub, machine, thread));
        hub.subscribe(
                "log", machine.thread(), leadership -> told.add(leadership.phase() + " at " + time.now() / 1_000_000));
    }

    private void run(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), () -> events++);
    }

    private void written(long version) {
        long now = machine.nanoTime();
        hub.observe(new WriteAcknowledged(new ObservedLease("pod-a", 0, version, null, now, now), machine.now()));
    }

    @Test
    void tellsTheEndOfAClaimWhenItEnds() {
        written(7);
        run(Duration.ofSeconds(11));

        assertThat(told).containsExactly("LEADING at 0", "FOLLOWING at 10000");
    }

    @Test
    void tellsNothingWhileTheClaimIsRenewed() {
        for (int i = 0; i < 10; i++) {
            written(7 + i);
            run(Duration.ofSeconds(9));
        }

        assertThat(told).allMatch(line -> line.startsWith("LEADING"));
    }

    @Test
    void noticesAQuarterOfASecondAfterASuspensionThatTheClaimEnded() {
        written(7);
        run(Duration.ofMillis(1_010));
        machine.stepWallClock(Duration.ofMinutes(1));
        run(Duration.ofSeconds(1));

        assertThat(told).last().isEqualTo("FOLLOWING at 1250");
    }

    @Test
    void sleepsWhileThereIsNoClaim() {
        run(Duration.ofSeconds(1));
        events = 0;
        run(Duration.ofMinutes(5));

        assertThat(events).isZero();
    }
}
