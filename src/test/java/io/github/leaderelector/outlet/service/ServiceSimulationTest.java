package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Random schedules, each the same for the same seed. A quarter of {@code -Dsimulation.schedules} is their number, since
 * one takes longer than one of the election alone; {@code -Dsimulation.seed} is the first seed.
 */
class ServiceSimulationTest {

    private static final Logger LOG = Logger.getLogger(LeaderService.class.getName());

    private static final int SCHEDULES = Math.max(1, Integer.getInteger("simulation.schedules", 1_200) / 4);
    private static final long SEED = Long.getLong("simulation.seed", 1);
    private static final Duration LENGTH = Duration.ofSeconds(60);

    private static Level level;

    /** Thousands of replicas would say what goes wrong. */
    @BeforeAll
    static void silence() {
        level = LOG.getLevel();
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speak() {
        LOG.setLevel(level);
    }

    @Test
    void theSliceFollowsTheLeaseWithinATick() {
        assertThat(run(SCHEDULES, false, api -> {}, store -> {})).isGreaterThan(2L * SCHEDULES);
    }

    @Test
    void theSliceFollowsTheLeaseAgainWhenRequestsAreNoLongerLost() {
        assertThat(run(SCHEDULES, true, api -> {}, store -> {})).isGreaterThan(2L * SCHEDULES);
    }

    @Test
    void aWriteThatIsNotBasedOnThePresentVersionIsFound() {
        assertThatThrownBy(() -> run(100, true, api -> {}, store -> store.comparesVersions = false))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aLaterLeadersTokenThatIsNotHeededIsFound() {
        assertThatThrownBy(() -> run(100, false, api -> api.reading = ServiceSimulationTest::withoutToken, store -> {}))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aLeaderThatDoesNotNoticeEditsIsFound() {
        assertThatThrownBy(() -> run(100, false, api -> api.watchesTell = false, store -> {}))
                .isInstanceOf(AssertionError.class);
    }

    private static Slice withoutToken(Slice slice) {
        ObjectNode json = slice.json().deepCopy();
        json.withObjectProperty("metadata").remove("annotations");
        return new Slice(json);
    }

    /** How many times the lead passed on in all schedules. */
    private static long run(int schedules, boolean lossy, Consumer<StoreApi> flaw, Consumer<SliceStore> flawOfStore) {
        long handovers = 0;
        for (long seed = SEED; seed < SEED + schedules; seed++) {
            ServiceSimulation simulation = new ServiceSimulation(seed, 2 + (int) (seed % 2), lossy, flaw, flawOfStore);
            try {
                simulation.run(LENGTH);
            } catch (AssertionError found) {
                throw new AssertionError("Seed " + seed + ": " + found.getMessage(), found);
            }
            handovers += simulation.handovers();
        }
        return handovers;
    }
}
