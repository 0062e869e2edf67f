package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The faults of one {@link Simulation}: which, when, and for how long. */
final class SimulatedFaults {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    /**
     * How long an orderly stop of a leader may take in addition to the drain: the head start of a successor that is
     * gone, and a read.
     */
    private static final Duration STOP_COSTS = Duration.ofSeconds(3);

    /** How long it takes after a fault, beside a lease duration, until all is as if nothing had been. */
    private static final Duration RECOVERY = Duration.ofSeconds(8);

    /** How often the product compares its clocks, by the slowest clock. */
    private static final Duration LOOK = Duration.ofMillis(300);

    /** The shortest duration that a Lease can have. */
    private static final Duration SHORT = Duration.ofSeconds(1);

    /** Etcd is restored in one schedule of so many. */
    private static final int RESTORES = 10;

    private final Simulation simulation;
    private final SimulationCheck check;
    private final SimulatedApiServer server;
    private final VirtualTime time;
    private final Random random;
    private final Duration drain;
    private final long lease;
    private final long end;

    /** Until when something may go wrong by what happened so far; at the beginning all start. */
    private long disturbedUntil = Duration.ofSeconds(4).toNanos();

    private int disturbances;

    /** @param end when all faults end, in virtual time */
    SimulatedFaults(Simulation simulation, long end) {
        this.simulation = simulation;
        this.check = simulation.check;
        this.server = simulation.server;
        this.time = simulation.time;
        this.random = simulation.random;
        this.drain = simulation.drain;
        this.lease = simulation.timings.leaseDuration().toNanos();
        this.end = end;
    }

    /** Draws all of them. */
    void plan() {
        int faults = 1 + random.nextInt(6);
        for (int i = 0; i < faults; i++) {
            time.at(random.nextLong(end), this::befall);
        }
        if (random.nextInt(RESTORES) == 0) {
            long backup = random.nextLong(end - lease);
            time.at(backup, () -> backUp(backup + lease + random.nextLong(end - lease - backup)));
        }
        time.at(end, this::heal);
    }

    /** Until {@code nanos} from now the candidates may be in trouble. */
    private void disturb(long nanos) {
        disturbances++;
        disturbedUntil = Math.max(disturbedUntil, time.now() + nanos + (long) (lease * 1.25) + RECOVERY.toNanos());
    }

    private @Nullable SimulatedCandidate victim() {
        List<SimulatedCandidate> all = check.candidates();
        if (all.isEmpty()) {
            return null;
        }
        // The leader is the one whose troubles matter.
        List<SimulatedCandidate> leaders = check.leaders();
        return !leaders.isEmpty() && random.nextInt(3) > 0 ? leaders.get(0) : all.get(random.nextInt(all.size()));
    }

    private void befall() {
        SimulatedCandidate one = victim();
        if (one == null) {
            return;
        }
        long howLong = Math.min(end - time.now(), random.nextLong(2 * lease));
        switch (random.nextInt(26)) {
            case 0, 1 -> stop(one);
            case 2 -> {
                long back = random.nextLong(2 * lease);
                trouble("kill", one, back);
                one.machine.kill();
                restart(one, back);
            }
            case 3 -> {
                trouble("freeze", one, howLong);
                one.machine.freeze();
                after(howLong, "thaw", one, one.machine::thaw);
            }
            case 4, 5, 6, 7 -> {
                SimulatedConnection.Fault[] faults = SimulatedConnection.Fault.values();
                SimulatedConnection.Fault fault = faults[1 + random.nextInt(faults.length - 1)];
                trouble(fault.toString(), one, howLong);
                one.connection.fault(fault);
                time.in(howLong, () -> one.connection.fault(SimulatedConnection.Fault.NONE));
            }
            case 8 -> {
                trouble("silent watch", one, howLong);
                one.connection.watchSilent(true);
                time.in(howLong, () -> one.connection.watchSilent(false));
            }
            case 9 -> {
                trouble("broken watch", one, end - time.now());
                one.connection.watchForbidden(random.nextBoolean());
                one.connection.breakWatch();
            }
            case 10 -> stepWallClock(one, random.nextInt(7200) - 3600);
            case 11 -> tamper("delete the Lease", server::delete);
            case 12 -> empty("empty the spec", l -> l.withNewSpec().endSpec());
            case 13 ->
                empty(
                        "empty the holder",
                        l -> l.editOrNewSpec().withHolderIdentity("").endSpec());
            case 14 -> {
                disturb(0);
                check.note("overwrite the Lease");
                server.edit(l -> l.editOrNewSpec()
                        .withHolderIdentity("intruder")
                        .withRenewTime(NOON.plusNanos(time.now()).atZone(ZoneOffset.UTC))
                        .endSpec());
            }
            case 15 -> {
                boolean orderly = isOrderly(one);
                trouble("step down", one, howLong);
                one.machine.run(() -> one.candidacy().stepDown(Duration.ofNanos((long) (howLong * 0.9))));
                if (orderly) {
                    expectSuccessor(one);
                }
            }
            case 16 -> {
                trouble("unhealthy", one, howLong);
                one.machine.run(() -> one.candidacy().resign(new Reason(Reason.Code.UNHEALTHY, "test")));
                time.in(howLong, () -> one.machine.run(() -> one.candidacy().campaign(Reason.Code.UNHEALTHY)));
            }
            case 17 -> {
                check.note("drained " + one.identity);
                one.machine.run(() -> one.candidacy().drained());
            }
            case 18, 19 -> suspend(one, howLong);
            case 20, 21 -> {
                trouble("file cannot be deleted", one, howLong);
                one.fileStuck(true);
                after(howLong, "file can be deleted", one, () -> one.fileStuck(false));
                if (random.nextBoolean()) {
                    time.in(random.nextLong(howLong + 1), () -> stop(one));
                }
            }
            case 22 -> {
                disturb(0);
                check.note("namesake");
                simulation.start(one.identity, null);
            }
            case 23, 24 -> shorten();
            default -> {
                check.note("edit metadata");
                server.edit(l -> l.editMetadata()
                        .addToAnnotations("edited", Long.toString(time.now()))
                        .endMetadata());
            }
        }
    }

    private void trouble(String what, SimulatedCandidate one, long howLong) {
        disturb(howLong);
        check.note(what + " " + one.identity + " for " + howLong / 1_000_000);
    }

    private void after(long nanos, String what, SimulatedCandidate one, Runnable task) {
        time.in(nanos, () -> {
            check.note(what + " " + one.identity);
            task.run();
        });
    }

    private void stop(SimulatedCandidate one) {
        check.note("stop " + one.identity);
        boolean orderly = isOrderly(one);
        one.stop();
        if (orderly) {
            expectSuccessor(one);
        }
        restart(one, 4_100_000_000L + 2 * drain.toNanos() + random.nextLong(1_000_000_000L));
    }

    /** Whether nothing is wrong now, and another could lead in the place of {@code leader}. */
    private boolean isOrderly(SimulatedCandidate leader) {
        return time.now() >= disturbedUntil
                && leader.claims()
                && check.candidates().stream().anyMatch(c -> !c.identity.equals(leader.identity) && c.isFollowing());
    }

    /** Another leads soon after {@code leader} has handed over, unless something else happens meanwhile. */
    private void expectSuccessor(SimulatedCandidate leader) {
        int before = disturbances;
        long costs = STOP_COSTS.toNanos() + (long) (drain.toNanos() * 1.25);
        time.in(costs, () -> {
            if (disturbances == before && check.lastLeader() == leader) {
                check.violate("The stop of " + leader.identity + " " + SimulationCheck.SLOW_STOP + " "
                        + costs / 1_000_000 + " ms");
            }
        });
    }

    private void restart(SimulatedCandidate old, long after) {
        time.in(after, () -> {
            if (check.candidates().contains(old)) {
                old.machine.kill();
                simulation.start(old.identity, old);
            }
        });
    }

    private void stepWallClock(SimulatedCandidate one, int seconds) {
        // One that stands still is not set; what is set while nobody looks, hides a suspension.
        if (one.machine.answers()) {
            trouble("wall clock +" + seconds, one, 0);
            one.machine.stepWallClock(Duration.ofSeconds(seconds));
        }
    }

    private void suspend(SimulatedCandidate one, long howLong) {
        if (random.nextBoolean()) {
            stepWallClock(one, -random.nextInt(3600));
        }
        time.in(LOOK.toNanos() + random.nextLong(1_000_000_000L), () -> {
            if (one.machine.answers()) {
                trouble("suspend", one, howLong);
                one.machine.suspend();
                after(Math.max(0, Math.min(howLong, end - time.now())), "resume", one, one.machine::resume);
            }
        });
    }

    /** An empty holder and a duration of one second are a release, by any writer. */
    private void empty(String what, UnaryOperator<LeaseBuilder> change) {
        if (server.present().stream().noneMatch(l -> l.duration(SHORT).equals(SHORT))) {
            tamper(what, () -> server.edit(change));
        }
    }

    private void shorten() {
        if (server.present().stream().anyMatch(l -> l.holder() != null)) {
            tamper(
                    "shorten the duration",
                    () -> server.edit(l -> l.editSpec()
                            .withLeaseDurationSeconds((int) SHORT.toSeconds())
                            .endSpec()));
        }
    }

    private void tamper(String what, Runnable hand) {
        disturb(0);
        check.note(what);
        check.tampering();
        hand.run();
    }

    private void backUp(long restoreAt) {
        Optional<LeaseDocument> backup = server.present();
        long revision = server.revision();
        check.note("backup");
        time.at(restoreAt, () -> {
            disturb(0);
            check.note("restore to " + revision + ", holder " + backup.map(LeaseDocument::holder));
            check.restoring(backup.orElse(null));
            server.restore(backup.orElse(null), revision);
            check.candidates().forEach(c -> c.connection.breakWatch());
        });
    }

    private void heal() {
        check.note("faults end");
        for (SimulatedCandidate candidate : check.candidates()) {
            candidate.connection.fault(SimulatedConnection.Fault.NONE);
            candidate.connection.watchSilent(false);
            candidate.connection.watchForbidden(false);
            candidate.fileStuck(false);
            candidate.machine.resume();
            candidate.machine.thaw();
            if (candidate.machine.suspendedNanos() > 0) {
                // Its time to wait is late by as long.
                candidate.machine.run(() -> candidate.candidacy().campaign(Reason.Code.STEP_DOWN));
            }
            if (candidate.machine.dead()) {
                simulation.start(candidate.identity, candidate);
            }
        }
    }
}
