package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** One sidecar, in virtual time: the product's election room and hub, and a file. */
final class SimulatedCandidate {

    static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    static final String WORKLOAD = "app";
    private static final long TICK = 1_000_000_000L;
    private static final String POD = WORKLOAD + "-0";

    /** A way in which the product could be broken, to see that the simulation notices. */
    enum Mutation {
        NONE,
        /** Releases first, stops claiming second, as client-go and Fabric8 do. */
        RELEASE_BEFORE_STOP,
        /** Judges others by the wall clock. */
        WALL_CLOCK,
        /** Counts the claim from when the answer may come at the latest, instead of from the request. */
        CLAIM_FROM_ANSWER,
        /** Takes a Lease that somebody has emptied for one that its holder has released. */
        EMPTIED_IS_RELEASED,
    }

    final String identity;
    final SimulatedMachine machine;
    final SimulatedConnection connection;
    final LeadershipHub hub;
    private final Election election;
    private final Mutation mutation;
    private final Duration drain;
    private final SimulatedApiServer server;
    private boolean file;
    private boolean fileStuck;
    private boolean stopped;

    SimulatedCandidate(
            String identity,
            VirtualTime time,
            SimulatedMachine machine,
            SimulatedApiServer server,
            Timings timings,
            Duration drain,
            Mutation mutation,
            Random random) {
        this.identity = identity;
        this.machine = machine;
        this.mutation = mutation;
        this.drain = drain;
        this.server = server;
        this.connection = new SimulatedConnection(time, machine, server, timings.requestTimeout(), random);
        if (mutation == Mutation.EMPTIED_IS_RELEASED) {
            connection.sight(lease -> lease.holder() == null ? lease.releasedAt(machine.wallTime()) : lease);
        }
        this.hub = new LeadershipHub(identity, LEASE, timings.renewDeadline(), machine);
        SimulatedMachine.SimulatedThread renewal = machine.thread();
        this.election = new Election(
                new ElectionSettings(LEASE, identity, POD, timings, drain),
                connection,
                hub,
                ticker(timings),
                new ElectionThreads(machine.thread(), renewal, machine.thread()),
                renew -> new SimulatedRenewal(renew, timings, machine, renewal, random),
                random);
        hub.subscribeSign("file", machine.thread(), leadership -> showFile(hub.leads()));
    }

    private void showFile(boolean leads) throws IOException {
        if (fileStuck && file && !leads) {
            throw new IOException("The file cannot be deleted.");
        }
        file = leads;
    }

    /** Whether the file cannot be deleted. */
    void fileStuck(boolean stuck) {
        fileStuck = stuck;
    }

    private Ticker ticker(Timings timings) {
        return switch (mutation) {
            case WALL_CLOCK -> new WallTicker(machine);
            case CLAIM_FROM_ANSWER -> new LateTicker(machine, timings.requestTimeout());
            default -> machine;
        };
    }

    void start() {
        machine.run(election::start);
        machine.run(this::tick);
    }

    /** What the scheduler does in the product: what was lost or undone is made good. */
    private void tick() {
        hub.retell();
        machine.after(TICK, this::tick);
    }

    /** SIGTERM. */
    void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        machine.run(() -> {
            if (mutation == Mutation.RELEASE_BEFORE_STOP && hub.leads()) {
                server.get().ifPresent(lease -> server.put(lease.releasedAt(machine.wallTime())));
                machine.after(50_000_000, () -> hub.observe(new Observation.ResignRequested(shutdown())));
                return;
            }
            var unused = election.leave(shutdown()).whenComplete((released, thrown) -> machine.after(0, machine::kill));
        });
        // However it ends, the process is gone after the grace period.
        machine.after(4_000_000_000L + drain.toNanos(), machine::kill);
    }

    private static Reason shutdown() {
        return new Reason(Reason.Code.SHUTDOWN, "test");
    }

    /** Whether what it last saw of the Lease was this version. */
    boolean hasSeen(long version) {
        ObservedLease observed = hub.current().observed();
        return observed != null && observed.resourceVersion() == version;
    }

    /** What takes it out of the election and back in. */
    Candidacy candidacy() {
        return election;
    }

    /** Gives up the lead, and goes on running. */
    CompletableFuture<Boolean> resign() {
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        machine.run(() -> {
            var unused = election.leave(new Reason(Reason.Code.STEP_DOWN, "test"))
                    .whenComplete((free, thrown) -> released.complete(free));
        });
        return released;
    }

    /** What HTTP would answer; false when nobody answers. */
    boolean claims() {
        return machine.answers() && hub.leads();
    }

    /** Whether the file is there, of a process that can do something about it. */
    boolean showsFile() {
        return machine.answers() && file;
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
            return new Moment(
                    machine.nanoTime() + late.toNanos(), machine.wallTime().plus(late));
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
}
