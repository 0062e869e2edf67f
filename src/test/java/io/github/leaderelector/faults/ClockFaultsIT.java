package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The replicas' clocks disagree; made by the program {@code faketime}. */
class ClockFaultsIT {

    /** Leaves the monotonic clock as it is; without the second a JVM's timed waits end at once, and it spins. */
    private static final Map<String, String> KEEP_MONOTONIC =
            Map.of("FAKETIME_DONT_FAKE_MONOTONIC", "1", "FAKETIME_FORCE_MONOTONIC_FIX", "0");

    @BeforeAll
    static void needsFaketime() {
        Assumptions.assumeTrue(
                runs("faketime", "-m", "-f", "+1h", "true"),
                "The program faketime is missing; on Debian the package faketime has it.");
    }

    private static boolean runs(String... command) {
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException missing) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    static List<Arguments> clocks() {
        return List.of(
                Arguments.of("wall clocks an hour apart", "+1h", "-1h", true),
                Arguments.of("wall clocks 5 % fast and slow", "+0 x1.05", "+0 x0.95", true),
                Arguments.of("all clocks 5 % fast and slow", "+0 x1.05", "+0 x0.95", false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("clocks")
    void nobodyTakesAHeldLeaseAndNobodyLosesTheLeadForAClock(
            String what, String one, String other, boolean keepMonotonic) {
        try (Scene scene = Scene.open(
                "clock-" + what.replaceAll("[^a-z0-9]+", "-"),
                Timings.SHORT,
                keepMonotonic ? KEEP_MONOTONIC : Map.of(),
                Scene.THREE)) {
            scene.bench().replica("sidecar-a").wrapIn("faketime", "-m", "-f", one);
            scene.bench().replica("sidecar-b").wrapIn("faketime", "-m", "-f", other);
            scene.bench().startAll();
            Duration watched = scene.timings().leaseDuration().multipliedBy(3);
            for (Replica replica : scene.bench().replicas()) {
                scene.settle();
                if (!scene.bench().files().present().contains(replica.name())) {
                    scene.giveLeadTo(replica);
                }
                scene.begin(replica.name() + " leads, " + what);
                Wait.pass(watched);
                assertThat(scene.led()).containsExactly(replica.name());
                assertThat(scene.filesOfScenario()).hasSize(1);
                scene.assertClean(what);
            }
            scene.conclude(
                    what,
                    "each of three led for %d s without a break and without a rival".formatted(watched.toSeconds()));
        }
    }
}
