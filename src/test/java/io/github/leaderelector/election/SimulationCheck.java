package io.github.leaderelector.election;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The invariants of all candidates of a {@link Simulation}, checked after each event, with their exceptions.
 *
 * <p>No two of those who can be asked claim to lead; nobody's file is there for long while another leads; each tenure
 * has a larger token than all before; no Lease is released while the file of the one who released it is there.
 *
 * <p>Let pass are the overlaps that {@code docs/safety.md} documents, and no others: see {@link Tampering} and
 * {@link #byNamesake}.
 */
final class SimulationCheck {

    static final String TWO_CLAIM = "both claim to lead";
    static final String TWO_FILES = "shows its file while";
    static final String RELEASED_WITH_FILE = "released the Lease while its file was there";
    static final String SLOW_STOP = "cost more than";

    /**
     * How long the file of one may be there while another leads: a process that has been thawed or resumed looks at the
     * clock a quarter of a second later at the latest, by a clock that may run a tenth too slow.
     */
    private static final long FILE_GRACE = Duration.ofMillis(300).toNanos();

    private final VirtualTime time;
    private final SimulatedApiServer server;
    private final List<String> history = new ArrayList<>();
    private final List<SimulatedCandidate> candidates = new ArrayList<>();
    private final List<Tampering> tamperings = new ArrayList<>();
    private final List<Write> namesakeWrites = new ArrayList<>();
    private final Set<Long> tenures = new HashSet<>();
    private final Map<Pair, Long> filesSince = new HashMap<>();
    private @Nullable SimulatedCandidate lastLeader;
    private long lastToken;
    private @Nullable String violation;

    SimulationCheck(VirtualTime time, SimulatedApiServer server) {
        this.time = time;
        this.server = server;
    }

    /** Two candidates: one shows its file while the other leads or shows its own file. */
    private record Pair(SimulatedCandidate one, SimulatedCandidate other) {}

    /** A write by which {@code writer} held the Lease while another process of its identity lived. */
    private record Write(SimulatedCandidate writer, long order) {}

    /**
     * Somebody deleted, emptied or shortened the Lease while it was held, or put it back to an earlier state.
     *
     * <p>A candidate that has seen its last state waits until it would have expired. The others find a free Lease, or
     * not for long, and nothing in it tells them of a holder: once one of them has taken it, no claim from before is
     * safe.
     */
    private static final class Tampering {
        final long order;
        final Set<SimulatedCandidate> knew;
        boolean takenByAStranger;

        /**
         * @param order of the Lease's version before
         * @param knew who had seen that version
         */
        Tampering(long order, Set<SimulatedCandidate> knew) {
            this.order = order;
            this.knew = knew;
        }

        boolean excuses(long earlier, long later) {
            return takenByAStranger && earlier <= order && later > order;
        }
    }

    /** {@code candidate} has come. */
    void add(SimulatedCandidate candidate) {
        candidates.add(candidate);
        candidate.connection.onStored(lease -> stored(candidate, lease));
    }

    /** {@code candidate} is gone for good. */
    void remove(SimulatedCandidate candidate) {
        candidates.remove(candidate);
    }

    /** Those that are there, dead ones that are to be replaced among them. */
    List<SimulatedCandidate> candidates() {
        return List.copyOf(candidates);
    }

    /** Those that claim to lead. */
    List<SimulatedCandidate> leaders() {
        return candidates.stream().filter(SimulatedCandidate::claims).toList();
    }

    /** The current or last leader. */
    @Nullable
    SimulatedCandidate lastLeader() {
        return lastLeader;
    }

    /** How many tenures there were. */
    int tenures() {
        return tenures.size();
    }

    /** The first violation, with its history; empty if there is none. */
    Optional<String> violation() {
        return Optional.ofNullable(violation);
    }

    /** Somebody is about to lay hands on the Lease; no excuse for who has seen it. */
    void tampering() {
        server.present().filter(lease -> lease.holder() != null).ifPresent(lease -> {
            Set<SimulatedCandidate> knew =
                    candidates.stream().filter(c -> c.hasSeen(lease.version())).collect(Collectors.toSet());
            tamperings.add(new Tampering(server.order(lease.version()), knew));
        });
    }

    /** All is about to be put back to when {@code backup} was the Lease; no excuse for who has seen a later one. */
    void restoring(@Nullable LeaseDocument backup) {
        long present = server.present().map(LeaseDocument::version).orElse(server.revision());
        Set<SimulatedCandidate> knew = candidates.stream()
                .filter(c -> backup == null ? c.hasSeen(present) : c.hasSeenLaterThan(backup.version()))
                .collect(Collectors.toSet());
        tamperings.add(new Tampering(server.order(server.revision()), knew));
    }

    private void stored(SimulatedCandidate writer, LeaseDocument lease) {
        if (lease.released() && writer.hasFile()) {
            violate(writer.identity + " " + RELEASED_WITH_FILE);
        }
        if (!writer.identity.equals(lease.holder())) {
            return;
        }
        long order = server.order(lease.version());
        for (Tampering tampering : tamperings) {
            tampering.takenByAStranger |= order > tampering.order && !tampering.knew.contains(writer);
        }
        if (candidates.stream().anyMatch(c -> c != writer && c.identity.equals(writer.identity))) {
            namesakeWrites.add(new Write(writer, order));
        }
    }

    /** Looks at all of them, as they are now. */
    void look() {
        List<SimulatedCandidate> leaders = leaders();
        for (SimulatedCandidate leader : leaders) {
            noteTenure(leader);
        }
        for (int i = 1; i < leaders.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (!excused(leaders.get(j), leaders.get(i))) {
                    violate(leaders.get(j).identity + " and " + leaders.get(i).identity + " " + TWO_CLAIM);
                }
            }
        }
        lookAtFiles();
    }

    private void lookAtFiles() {
        List<SimulatedCandidate> visible = candidates.stream()
                .filter(c -> c.claims() || (c.showsFile() && !c.fileHeldUp()))
                .toList();
        if (visible.size() < 2 && filesSince.isEmpty()) {
            return;
        }
        Set<Pair> now = new HashSet<>();
        for (int i = 1; i < visible.size(); i++) {
            for (int j = 0; j < i; j++) {
                SimulatedCandidate one = visible.get(j);
                SimulatedCandidate other = visible.get(i);
                if ((one.showsFile() || other.showsFile()) && !excused(one, other)) {
                    now.add(new Pair(one, other));
                }
            }
        }
        filesSince.forEach((pair, since) -> {
            if (time.now() - since > FILE_GRACE) {
                violate("one of " + pair.one().identity + " and " + pair.other().identity + " " + TWO_FILES
                        + " the other leads");
            }
        });
        filesSince.keySet().retainAll(now);
        now.forEach(pair -> filesSince.putIfAbsent(pair, time.now()));
    }

    private void noteTenure(SimulatedCandidate leader) {
        long token = server.order(leader.token());
        if (!tenures.add(token)) {
            return;
        }
        SimulatedCandidate before = lastLeader;
        if (before != null && token < lastToken && !excused(leader, token, before, lastToken)) {
            violate(leader.identity + " leads with token " + token + " after " + lastToken);
        }
        if (token > lastToken) {
            lastLeader = leader;
            lastToken = token;
        }
        note(leader.identity + " leads, token " + token);
    }

    private boolean excused(SimulatedCandidate one, SimulatedCandidate other) {
        return excused(one, server.order(one.shownToken()), other, server.order(other.shownToken()));
    }

    private boolean excused(SimulatedCandidate one, long token, SimulatedCandidate other, long otherToken) {
        if (one.identity.equals(other.identity)) {
            return true;
        }
        long earlier = Math.min(token, otherToken);
        long later = Math.max(token, otherToken);
        return tamperings.stream().anyMatch(t -> t.excuses(earlier, later))
                || byNamesake(token < otherToken ? one : other, earlier, later);
    }

    /**
     * Whether another process of the identity of the earlier leader took the Lease from it, before it was the later
     * one's: the earlier one claims until it hears of that.
     */
    private boolean byNamesake(SimulatedCandidate leader, long earlier, long later) {
        return namesakeWrites.stream()
                .anyMatch(w -> w.writer() != leader
                        && w.writer().identity.equals(leader.identity)
                        && w.order() > earlier
                        && w.order() < later);
    }

    void note(String what) {
        history.add(String.format("%9.3f s  %s", time.now() / 1e9, what));
    }

    void violate(String what) {
        if (violation == null) {
            note(what);
            violation = String.join("\n", history);
        }
    }
}
