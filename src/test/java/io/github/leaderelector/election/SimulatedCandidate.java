package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** One sidecar, in virtual time: the product's election and hub, and a file. */
final class SimulatedCandidate {

    static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    static final String WORKLOAD = "app";
    private static final long TICK = 1_000_000_000L;
    private static final String POD = WORKLOAD + "-0";

    final String identity;
    final SimulatedMachine machine;
    final SimulatedConnection connection;
    final LeadershipHub hub;
    private final Election election;
    private final Mutation mutation;
    private final Duration drain;
    private final SimulatedApiServer server;
    private boolean file;
    private long fileToken;
    private boolean fileStuck;
    private boolean fileHeldUp;
    private boolean stopped;

    /**
     * The last state that the hub passed. A call of the hub would read the clock, which a frozen process does not do.
     */
    private Leadership told;

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
        connection.sight(mutation.sight(machine, identity));
        connection.sending(mutation::sending);
        this.hub = new LeadershipHub(
                identity,
                LEASE,
                mutation == Mutation.CLAIM_AS_LONG_AS_LEASE ? timings.leaseDuration() : timings.renewDeadline(),
                mutation.ofHub(machine));
        this.told = hub.current();
        hub.subscribe("simulation", Runnable::run, leadership -> told = leadership);
        SimulatedMachine.SimulatedThread renewal = machine.thread();
        SimulatedMachine.SimulatedThread watchdog = machine.thread();
        if (mutation == Mutation.NO_WATCHDOG) {
            watchdog.block(new CompletableFuture<>(), () -> {});
        }
        this.election = new Election(
                new ElectionSettings(LEASE, identity, POD, timings, drain),
                connection,
                hub,
                mutation.ofElection(machine, timings),
                new ElectionThreads(machine.thread(), renewal, watchdog),
                renew -> new SimulatedRenewal(renew, timings, machine, renewal, random),
                random);
        LeadershipObserver showFile = leadership -> showFile();
        if (mutation == Mutation.FILE_IS_NO_SIGN) {
            hub.subscribe("file", machine.thread(), showFile);
        } else {
            hub.subscribeSign("file", machine.thread(), showFile);
        }
    }

    private void showFile() throws IOException {
        boolean leads = hub.leads();
        fileHeldUp = fileStuck && file && !leads;
        if (fileHeldUp) {
            throw new IOException("The file cannot be deleted.");
        }
        file = leads;
        if (leads) {
            fileToken = token();
        }
    }

    /** Whether the file cannot be deleted. */
    void fileStuck(boolean stuck) {
        fileStuck = stuck;
    }

    /** Of the claim that holds now. */
    long token() {
        return Objects.requireNonNull(hub.current().claim()).fencingToken();
    }

    /** Of the claim that it shows, by its file if not otherwise. */
    long shownToken() {
        return claims() ? token() : fileToken;
    }

    void start() {
        machine.run(election::start);
        machine.run(this::tick);
    }

    /** The tick of the product's scheduler: repairs the signs. */
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
        if (mutation == Mutation.NO_RELEASE) {
            machine.run(() -> {
                hub.observe(new Observation.ResignRequested(shutdown()));
                machine.after(1_000_000, machine::kill);
            });
            return;
        }
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
        ObservedLease observed = told.observed();
        return observed != null && observed.resourceVersion() == version;
    }

    /** Whether what it last saw of the Lease was later than this version. */
    boolean hasSeenLaterThan(long version) {
        ObservedLease observed = told.observed();
        return observed != null && observed.resourceVersion() > version;
    }

    /** The control that lets it resign and campaign. */
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

    /** The answer over HTTP; false without an answer. */
    boolean claims() {
        return machine.answers() && machine.peek(hub::leads);
    }

    /** Whether it follows another, and could lead in its place. */
    boolean isFollowing() {
        return machine.answers() && !stopped && told.phase() == Phase.FOLLOWING;
    }

    /** Whether the file is there, of a process that can do something about it. */
    boolean showsFile() {
        return machine.answers() && file;
    }

    /** Whether the file is there, whatever the process can do about it. */
    boolean hasFile() {
        return file;
    }

    /** Whether the file is there because it cannot be deleted. */
    boolean fileHeldUp() {
        return fileHeldUp;
    }
}
