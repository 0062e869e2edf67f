package io.github.leaderelector.election;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One schedule: a few candidates on one Lease, and what befalls them, all drawn from one seed.
 *
 * <p>After each event the {@link SimulationCheck} looks at them; at the end, when the faults have stopped, there must
 * be a leader in time. {@link SimulatedFaults} are what befalls them.
 */
final class Simulation {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Timings[] TIMINGS = {
        new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2)),
        new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500)),
    };

    /** How much longer the slowest clock takes than the fastest. */
    private static final double SLOWEST = 1.25;

    /** Each replica has times of its own in one schedule of so many. */
    private static final int MIXED_TIMES = 4;

    final Random random;
    final VirtualTime time = new VirtualTime();
    final SimulatedApiServer server = new SimulatedApiServer(() -> time.now() / 1_000);
    final SimulationCheck check = new SimulationCheck(time, server);
    final Duration drain;
    /** The longest of all replicas. */
    final Timings timings;

    private final long seed;
    private final Mutation mutation;
    private final boolean mixedTimes;
    private final boolean drift;

    Simulation(long seed, Mutation mutation) {
        this.seed = seed;
        this.random = new Random(seed);
        this.mutation = mutation;
        this.mixedTimes = random.nextInt(MIXED_TIMES) == 0;
        this.timings = TIMINGS[mixedTimes ? 0 : random.nextInt(TIMINGS.length)];
        this.drift = random.nextBoolean();
        this.drain = random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(random.nextInt(4_000));
    }

    /** The first violation, with its history; empty if there is none. */
    Optional<String> run() {
        int replicas = 2 + random.nextInt(3);
        for (int i = 0; i < replicas; i++) {
            String identity = "pod-" + (char) ('a' + i);
            time.at(random.nextLong(2_000_000_000L), () -> start(identity, null));
        }
        long lease = timings.leaseDuration().toNanos();
        long faultsEnd = 2 * lease + random.nextLong(lease);
        SimulatedFaults faults = new SimulatedFaults(this, faultsEnd);
        faults.plan();
        run(faultsEnd);
        // A lease by the slowest clock, a request that hangs, a back-off, a drain, and some latency.
        long bound = (long) (lease * SLOWEST)
                + 3 * timings.requestTimeout().toNanos()
                + 3_000_000_000L
                + (long) (drain.toNanos() * SLOWEST);
        run(faultsEnd + bound);
        if (check.leaders().size() != 1) {
            check.violate("no leader " + bound / 1_000_000 + " ms after the last fault");
        }
        return check.violation().map(history -> "seed " + seed + ", " + timings + "\n" + history);
    }

    int tenures() {
        return check.tenures();
    }

    private void run(long end) {
        if (check.violation().isEmpty()) {
            time.runUntil(end, check::look);
        }
    }

    /** Starts a process, in the place of {@code replaced} if there is one. */
    void start(String identity, @Nullable SimulatedCandidate replaced) {
        if (replaced != null) {
            check.remove(replaced);
        }
        double speed = drift ? 0.9 + random.nextDouble() * 0.2 : 1;
        Duration wallOffset = Duration.ofSeconds(random.nextInt(7200) - 3600);
        Timings own = mixedTimes ? TIMINGS[random.nextInt(TIMINGS.length)] : timings;
        SimulatedMachine machine =
                new SimulatedMachine(time, speed, NOON.plusNanos(time.now()).plus(wallOffset));
        SimulatedCandidate candidate = new SimulatedCandidate(
                identity, time, machine, server, own, drain, mutation, new Random(random.nextLong()));
        check.add(candidate);
        check.note("start " + identity + " speed " + speed + " lease "
                + own.leaseDuration().toSeconds());
        candidate.start();
    }
}
