package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.UnaryOperator;

/** A way in which the product could be broken, to see that the simulation notices. */
enum Mutation {
    NONE("", 0),
    /** Releases first, stops claiming second, as client-go and Fabric8 do. */
    RELEASE_BEFORE_STOP(SimulationCheck.TWO_CLAIM, 77),
    /** Judges others by the wall clock. */
    WALL_CLOCK(SimulationCheck.TWO_CLAIM, 30),
    /** Counts the claim from when the answer may come at the latest, instead of from the request. */
    CLAIM_FROM_ANSWER(SimulationCheck.TWO_CLAIM, 2066),
    /** Claims for as long as the others wait. */
    CLAIM_AS_LONG_AS_LEASE(SimulationCheck.TWO_CLAIM, 136),
    /** Takes a Lease that somebody has emptied for one that its holder has released. */
    EMPTIED_IS_RELEASED(SimulationCheck.TWO_CLAIM, 19),
    /** Lets anybody shorten a hold, not its holder alone: A4. */
    SHORTENED_BY_ANYBODY(SimulationCheck.TWO_CLAIM, 38),
    /** Writes whatever has become of the Lease meanwhile. */
    PUT_WITHOUT_VERSION(SimulationCheck.TWO_CLAIM, 18),
    /** Knows nothing of suspended machines. */
    SUSPENSION_NOT_COUNTED(SimulationCheck.TWO_CLAIM, 23),
    /** Compares the clocks with those of the last write only: a wall clock set back hides a suspension, A3. */
    SUSPENSION_SINCE_WRITE(SimulationCheck.TWO_CLAIM, 150),
    /** Does not wait for the file before it releases: A2. */
    FILE_IS_NO_SIGN(SimulationCheck.RELEASED_WITH_FILE, 13),
    /** Nobody ends a claim for those who only look at the file, but the tick of each second. */
    NO_WATCHDOG(SimulationCheck.TWO_FILES, 1988),
    /** Stops, and lets the Lease expire. */
    NO_RELEASE(SimulationCheck.SLOW_STOP, 73),
    ;

    private static final Duration SHORTENED = Duration.ofSeconds(1);

    /** The simulation's message when it has found the mutation. */
    final String finding;

    /**
     * Of a schedule that shows it; after a change of the simulation it may be another one, which takes time to find.
     */
    final long seed;

    Mutation(String finding, long seed) {
        this.finding = finding;
        this.seed = seed;
    }

    /** The clocks that the election has. */
    Ticker ofElection(SimulatedMachine machine, Timings timings) {
        return switch (this) {
            case WALL_CLOCK -> new WallTicker(machine);
            case CLAIM_FROM_ANSWER -> new LateTicker(machine, timings.requestTimeout());
            default -> ofHub(machine);
        };
    }

    /** The clocks that the hub has. */
    Ticker ofHub(SimulatedMachine machine) {
        return switch (this) {
            case SUSPENSION_NOT_COUNTED -> new MonotonicTicker(machine);
            case SUSPENSION_SINCE_WRITE -> new ForgetfulTicker(machine);
            default -> machine;
        };
    }

    /** How the Lease is seen. */
    UnaryOperator<LeaseDocument> sight(SimulatedMachine machine, String identity) {
        return switch (this) {
            case EMPTIED_IS_RELEASED -> lease -> lease.holder() == null ? lease.releasedAt(machine.wallTime()) : lease;
            case SHORTENED_BY_ANYBODY -> lease -> isShortened(lease) ? renewed(lease, identity) : lease;
            default -> UnaryOperator.identity();
        };
    }

    private static boolean isShortened(LeaseDocument lease) {
        return lease.holder() != null && lease.duration(Duration.ZERO).equals(SHORTENED);
    }

    /** As if the holder itself had done it. */
    private static LeaseDocument renewed(LeaseDocument lease, String identity) {
        String holder = lease.holder();
        Instant renewed = lease.renewTime();
        Instant acquired = lease.acquireTime();
        return holder == null || renewed == null || acquired == null || holder.equals(identity)
                ? lease
                : lease.heldBy(holder, SHORTENED, acquired, renewed.plus(1, ChronoUnit.MICROS), lease.term());
    }

    /** The write that is sent instead of the election's write. */
    LeaseDocument sending(LeaseDocument lease) {
        return this == PUT_WITHOUT_VERSION ? SimulatedApiServer.withMetadata(lease, "resourceVersion", null) : lease;
    }

    /** Reads both clocks as late as an answer may come. */
    private record LateTicker(SimulatedMachine machine, Duration late) implements Ticker {

        @Override
        public long nanoTime() {
            return machine.nanoTime();
        }

        @Override
        public Instant wallTime() {
            return machine.wallTime();
        }

        @Override
        public Moment now() {
            Moment now = machine.now();
            return new Moment(now.nanos() + late.toNanos(), now.wall().plus(late), now.suspended());
        }
    }

    /** Takes the wall clock for the monotonic one. */
    private record WallTicker(SimulatedMachine machine) implements Ticker {
        @Override
        public long nanoTime() {
            return ChronoUnit.NANOS.between(Instant.EPOCH, machine.wallTime());
        }

        @Override
        public Instant wallTime() {
            return machine.wallTime();
        }

        @Override
        public Moment now() {
            return machine.now();
        }
    }

    /** Takes the monotonic clock for the wall clock. */
    private record MonotonicTicker(SimulatedMachine machine) implements Ticker {
        @Override
        public long nanoTime() {
            return machine.nanoTime();
        }

        @Override
        public Instant wallTime() {
            return Instant.EPOCH.plusNanos(machine.nanoTime());
        }
    }

    /** Remembers nothing from look to look. */
    private record ForgetfulTicker(SimulatedMachine machine) implements Ticker {
        @Override
        public long nanoTime() {
            return machine.nanoTime();
        }

        @Override
        public Instant wallTime() {
            return machine.wallTime();
        }
    }
}
