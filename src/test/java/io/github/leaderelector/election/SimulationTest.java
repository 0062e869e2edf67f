package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The election on simulated machines, clocks and networks: many random schedules, and proof that they would notice.
 *
 * <p>{@code -Dsimulation.schedules=N} sets how many; {@code -Dsimulation.seed=S} runs one of them.
 */
class SimulationTest {

    private static final long SCHEDULES = Long.getLong("simulation.schedules", 10_000);

    private static final long SCHEDULES_OF_A_MUTATION = 5_000;

    /** Kept, because the log manager forgets the level of a logger that nobody holds. */
    private static final Logger ELECTION_LOG = Logger.getLogger("io.github.leaderelector.election");

    @BeforeAll
    static void silence() {
        ELECTION_LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void speakAgain() {
        ELECTION_LOG.setLevel(null);
    }

    @Test
    void neverTwoLeadersAndAlwaysOneSoon() {
        Long one = Long.getLong("simulation.seed");
        LongStream seeds = one == null ? LongStream.range(0, SCHEDULES) : LongStream.of(one);
        AtomicLong tenures = new AtomicLong();
        Optional<String> violation = seeds.parallel()
                .mapToObj(seed -> {
                    Simulation simulation = new Simulation(seed, Mutation.NONE);
                    Optional<String> found = simulation.run();
                    tenures.addAndGet(simulation.tenures());
                    return found;
                })
                .flatMap(Optional::stream)
                .findAny();
        assertThat(violation).isEmpty();
        System.out.println("simulated " + (one == null ? SCHEDULES : 1) + " schedules, " + tenures + " tenures");
        assertThat(tenures.get()).isGreaterThan(one == null ? SCHEDULES : 0);
    }

    @ParameterizedTest
    @EnumSource(value = Mutation.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void noticesABrokenProduct(Mutation mutation) {
        Optional<String> violation = finding(mutation, LongStream.of(mutation.seed))
                .or(() -> finding(mutation, LongStream.range(0, SCHEDULES_OF_A_MUTATION)));
        assertThat(violation).isPresent();
    }

    private static Optional<String> finding(Mutation mutation, LongStream seeds) {
        return seeds.parallel()
                .mapToObj(seed -> new Simulation(seed, mutation).run())
                .flatMap(Optional::stream)
                .filter(found -> found.contains(mutation.finding))
                .findAny();
    }
}
