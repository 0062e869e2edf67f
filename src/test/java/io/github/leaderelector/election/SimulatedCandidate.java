package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** One sidecar, in virtual time: the product's election room and hub, and a file. */
final class SimulatedCandidate {

    static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    static final String WORKLOAD = "app";
    private static final String POD = WORKLOAD + "-0";

    /** A way in which the product could be broken, to see that the simulation notices. */
    enum Mutation {
        NONE,
        /** Releases first, stops claiming second, as client-go and Fabric8 do. */
        RELEASE_BEFORE_STOP,
        /** Judges others by the wall clock. */
        WALL_CLOCK,
        /** Counts the claim from the answer instead of from the request. */
        CLAIM_FROM_ANSWER,
        /** Takes a Lease that somebody has emptied for one that its holder has released. */
        EMPTIED_IS_RELEASED,
    }

    final String identity;
    final SimulatedMachine machine;
    final SimulatedConnection connection;
    final LeadershipHub hub;
    private final ElectionParts parts;
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
        SimulatedMachine.SimulatedThread thread = machine.thread();
        this.parts = new ElectionParts(
                connection,
                LEASE,
                identity,
                POD,
                timings,
                drain,
                hub,
                observer(),
                mutation == Mutation.WALL_CLOCK ? new WallTicker(machine) : machine,
                thread,
                random);
        LeaseSession session = parts.session();
        parts.electors(() -> new LoopElector(session::look, session::hold, timings, machine, thread, random));
        SimulatedMachine.SimulatedThread watchdog = machine.thread();
        hub.subscribe("watchdog", watchdog, new ClaimWatchdog(hub, machine, watchdog));
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

    private Consumer<Observation> observer() {
        if (mutation != Mutation.CLAIM_FROM_ANSWER) {
            return hub::observe;
        }
        return observation -> hub.observe(
                observation instanceof WriteAcknowledged written
                        ? new WriteAcknowledged(written.lease(), machine.now())
                        : observation);
    }

    void start() {
        machine.run(parts::start);
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
            var unused = parts.candidate()
                    .leave(shutdown())
                    .whenComplete((released, thrown) -> machine.after(0, machine::kill));
        });
        // However it ends, the process is gone after the grace period.
        machine.after(4_000_000_000L + drain.toNanos(), machine::kill);
    }

    private static Reason shutdown() {
        return new Reason(Reason.Code.SHUTDOWN, "test");
    }

    ElectionParts parts() {
        return parts;
    }

    /** What whoever wants something of it talks to. */
    Candidacy candidacy() {
        return parts.candidate();
    }

    /** Gives up the lead, and goes on running. */
    CompletableFuture<Boolean> resign() {
        CompletableFuture<Boolean> released = new CompletableFuture<>();
        machine.run(() -> {
            var unused = parts.candidate()
                    .leave(new Reason(Reason.Code.STEP_DOWN, "test"))
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

    /** Takes the wall clock for the monotonic one. */
    private record WallTicker(SimulatedMachine machine) implements io.github.leaderelector.leadership.Ticker {
        @Override
        public long nanoTime() {
            return java.time.temporal.ChronoUnit.NANOS.between(java.time.Instant.EPOCH, machine.wallTime());
        }

        @Override
        public java.time.Instant wallTime() {
            return machine.wallTime();
        }

        @Override
        public io.github.leaderelector.leadership.Moment now() {
            return machine.now();
        }
    }
}
