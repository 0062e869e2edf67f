package io.github.leaderelector.election;

import io.github.leaderelector.election.SimulatedCandidate.Mutation;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One schedule: a few candidates on one Lease, and what befalls them, all drawn from one seed.
 *
 * <p>After each event it checks that no two of those who can be asked claim to lead, and that each tenure has a larger
 * token than all before; at the end, when the faults have stopped, that there is a leader in time.
 *
 * <p>One overlap is let pass, the one that {@code docs/safety.md} documents: somebody deleted or emptied the Lease, and
 * a candidate that had not seen its holder took it, before the holder heard of that. See {@link Tampering}.
 */
final class Simulation {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Timings[] TIMINGS = {
        new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2)),
        new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500)),
    };

    private final long seed;
    private final Random random;
    private final Mutation mutation;
    private final VirtualTime time = new VirtualTime();
    private final SimulatedApiServer server = new SimulatedApiServer();
    private final Timings timings;
    private final List<SimulatedCandidate> candidates = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private final List<Tampering> tamperings = new ArrayList<>();
    private final boolean drift;
    private final Duration drain;
    private long lastToken;
    private int tenures;
    private Optional<String> violation = Optional.empty();

    /**
     * Somebody deleted or emptied the Lease while it was held.
     *
     * <p>Whoever had seen its last state waits until it would have expired. The others find a Lease that nobody holds,
     * and nothing in it tells them of a holder: once one of them has taken it, no claim from before is safe.
     */
    private static final class Tampering {
        final long version;
        final Set<SimulatedCandidate> knew;
        boolean takenByAStranger;

        /**
         * @param version of the Lease before
         * @param knew who had seen that version
         */
        Tampering(long version, Set<SimulatedCandidate> knew) {
            this.version = version;
            this.knew = knew;
        }

        boolean excuses(long token, long laterToken) {
            return takenByAStranger && token <= version && laterToken > version;
        }
    }

    Simulation(long seed, Mutation mutation) {
        this.seed = seed;
        this.random = new Random(seed);
        this.mutation = mutation;
        this.timings = TIMINGS[random.nextInt(TIMINGS.length)];
        this.drift = random.nextBoolean();
        this.drain = random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(random.nextInt(4_000));
    }

    /** What went wrong, with the history that led to it; empty if nothing did. */
    Optional<String> run() {
        int replicas = 2 + random.nextInt(3);
        for (int i = 0; i < replicas; i++) {
            String identity = "pod-" + (char) ('a' + i);
            time.at(random.nextLong(2_000_000_000L), () -> startCandidate(identity));
        }
        long lease = timings.leaseDuration().toNanos();
        long faultsEnd = 2 * lease + random.nextLong(lease);
        int faults = 1 + random.nextInt(6);
        for (int i = 0; i < faults; i++) {
            time.at(random.nextLong(faultsEnd), () -> befall(faultsEnd));
        }
        time.at(faultsEnd, this::heal);
        run(faultsEnd);
        // A lease by the slowest clock, a request that hangs, a back-off, a drain, and some latency.
        long bound = (long) (lease * 1.25)
                + 3 * timings.requestTimeout().toNanos()
                + 3_000_000_000L
                + (long) (drain.toNanos() * 1.25);
        run(faultsEnd + bound);
        if (violation.isEmpty() && leaders().size() != 1) {
            violate("no leader " + bound / 1_000_000 + " ms after the last fault");
        }
        return violation;
    }

    int tenures() {
        return tenures;
    }

    private void run(long end) {
        if (violation.isEmpty()) {
            time.runUntil(end, this::check);
        }
    }

    private void startCandidate(String identity) {
        double speed = drift ? 0.9 + random.nextDouble() * 0.2 : 1;
        Duration wallOffset = Duration.ofSeconds(random.nextInt(7200) - 3600);
        SimulatedMachine machine =
                new SimulatedMachine(time, speed, NOON.plusNanos(time.now()).plus(wallOffset));
        SimulatedCandidate candidate = new SimulatedCandidate(
                identity, time, machine, server, timings, drain, mutation, new Random(random.nextLong()));
        candidates.removeIf(old -> old.identity.equals(identity));
        candidates.add(candidate);
        note("start " + identity + " speed " + speed);
        candidate.start();
    }

    private void befall(long faultsEnd) {
        SimulatedCandidate one = victim();
        if (one == null) {
            return;
        }
        long left = faultsEnd - time.now();
        long howLong =
                Math.min(left, random.nextLong(2 * timings.leaseDuration().toNanos()));
        switch (random.nextInt(19)) {
            case 0, 1 -> {
                note("stop " + one.identity);
                one.stop();
                restart(one, 4_100_000_000L + 2 * drain.toNanos() + random.nextLong(1_000_000_000L));
            }
            case 2 -> {
                note("kill " + one.identity);
                one.machine.kill();
                restart(one, random.nextLong(2 * timings.leaseDuration().toNanos()));
            }
            case 3 -> {
                note("freeze " + one.identity + " for " + howLong / 1_000_000);
                one.machine.freeze();
                time.in(howLong, () -> {
                    note("thaw " + one.identity);
                    one.machine.thaw();
                });
            }
            case 4, 5, 6, 7 -> {
                SimulatedConnection.Fault[] faults = SimulatedConnection.Fault.values();
                SimulatedConnection.Fault fault = faults[1 + random.nextInt(faults.length - 1)];
                note(fault + " " + one.identity + " for " + howLong / 1_000_000);
                one.connection.fault(fault);
                time.in(howLong, () -> one.connection.fault(SimulatedConnection.Fault.NONE));
            }
            case 8 -> {
                note("silent watch " + one.identity);
                one.connection.watchSilent(true);
                time.in(howLong, () -> one.connection.watchSilent(false));
            }
            case 9 -> {
                note("broken watch " + one.identity);
                one.connection.watchForbidden(random.nextBoolean());
                one.connection.breakWatch();
            }
            case 10 -> {
                note("wall clock " + one.identity);
                one.machine.stepWallClock(Duration.ofSeconds(random.nextInt(7200) - 3600));
            }
            case 11 -> tamper("delete the Lease", server::delete);
            case 12 ->
                tamper("empty the spec", () -> server.edit(l -> l.withNewSpec().endSpec()));
            case 13 ->
                tamper(
                        "empty the holder",
                        () -> server.edit(
                                l -> l.editSpec().withHolderIdentity("").endSpec()));
            case 14 -> {
                note("overwrite the Lease");
                server.edit(l -> l.editOrNewSpec()
                        .withHolderIdentity("intruder")
                        .withRenewTime(NOON.plusNanos(time.now()).atZone(ZoneOffset.UTC))
                        .endSpec());
            }
            case 15 -> {
                note("step down " + one.identity + " for " + howLong / 1_000_000);
                one.machine.run(() -> one.candidacy().stepDown(Duration.ofNanos((long) (howLong * 0.9))));
            }
            case 16 -> {
                note("unhealthy " + one.identity + " for " + howLong / 1_000_000);
                one.machine.run(() -> one.candidacy().resign(new Reason(Reason.Code.UNHEALTHY, "test")));
                time.in(howLong, () -> one.machine.run(() -> one.candidacy().campaign(Reason.Code.UNHEALTHY)));
            }
            case 17 -> {
                note("drained " + one.identity);
                one.machine.run(() -> one.candidacy().drained());
            }
            default -> {
                note("edit metadata");
                server.edit(l -> l.editMetadata()
                        .addToAnnotations("edited", Long.toString(time.now()))
                        .endMetadata());
            }
        }
    }

    private void tamper(String what, Runnable hand) {
        note(what);
        server.present().filter(lease -> lease.holder() != null).ifPresent(lease -> {
            Set<SimulatedCandidate> knew =
                    candidates.stream().filter(c -> c.hasSeen(lease.version())).collect(Collectors.toSet());
            tamperings.add(new Tampering(lease.version(), knew));
        });
        hand.run();
    }

    private void restart(SimulatedCandidate old, long after) {
        time.in(after, () -> {
            if (candidates.contains(old)) {
                old.machine.kill();
                startCandidate(old.identity);
            }
        });
    }

    private @org.jspecify.annotations.Nullable SimulatedCandidate victim() {
        if (candidates.isEmpty()) {
            return null;
        }
        // The leader is the one whose troubles matter.
        List<SimulatedCandidate> leaders = leaders();
        return !leaders.isEmpty() && random.nextInt(3) > 0
                ? leaders.get(0)
                : candidates.get(random.nextInt(candidates.size()));
    }

    private void heal() {
        note("faults end");
        for (SimulatedCandidate candidate : List.copyOf(candidates)) {
            candidate.connection.fault(SimulatedConnection.Fault.NONE);
            candidate.connection.watchSilent(false);
            candidate.connection.watchForbidden(false);
            candidate.machine.thaw();
            if (candidate.machine.dead()) {
                startCandidate(candidate.identity);
            }
        }
    }

    private List<SimulatedCandidate> leaders() {
        return candidates.stream().filter(SimulatedCandidate::claims).toList();
    }

    private void check() {
        for (int i = 0; i < candidates.size(); i++) {
            SimulatedCandidate one = candidates.get(i);
            if (!one.claims()) {
                continue;
            }
            noteTenure(one);
            for (int j = 0; j < i; j++) {
                SimulatedCandidate other = candidates.get(j);
                if (other.claims() && !excused(token(one), token(other))) {
                    violate(other.identity + " and " + one.identity + " both claim to lead");
                }
            }
        }
    }

    private static long token(SimulatedCandidate leader) {
        return Objects.requireNonNull(leader.hub.current().claim()).fencingToken();
    }

    private void noteTenure(SimulatedCandidate leader) {
        long token = token(leader);
        if (token == lastToken || (token < lastToken && excused(token, lastToken))) {
            return;
        }
        if (token < lastToken) {
            violate(leader.identity + " leads with token " + token + " after " + lastToken);
            return;
        }
        tenures++;
        lastToken = token;
        note(leader.identity + " leads, token " + lastToken);
        for (Tampering tampering : tamperings) {
            tampering.takenByAStranger |= token > tampering.version && !tampering.knew.contains(leader);
        }
    }

    private boolean excused(long token, long otherToken) {
        return tamperings.stream().anyMatch(t -> t.excuses(Math.min(token, otherToken), Math.max(token, otherToken)));
    }

    private void note(String what) {
        history.add(String.format("%9.3f s  %s", time.now() / 1e9, what));
    }

    private void violate(String what) {
        if (violation.isEmpty()) {
            note(what);
            violation = Optional.of("seed " + seed + ", " + timings + "\n" + String.join("\n", history));
        }
    }
}
