package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeadershipHub;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/**
 * The parts of an election that most others need, for tests of one of them: in virtual time, on one machine whose
 * clocks are true, with an API server that answers at once. The watch is left out: a test shows the view what it wants
 * to.
 */
final class ElectionParts {

    static final String US = "pod-a";
    static final String OTHER = "pod-b";
    static final Timings TIMINGS = ElectionStage.TIMINGS;

    final VirtualTime time = new VirtualTime();
    final SimulatedMachine machine = new SimulatedMachine(time, 1, Instant.parse("2026-01-01T12:00:00Z"));
    final ElectionThread thread = new ElectionThread(machine.thread());
    final ElectionSettings settings =
            new ElectionSettings(SimulatedCandidate.LEASE, US, "app-0", TIMINGS, Duration.ZERO);
    final FakeLeaseApi api = new FakeLeaseApi();
    final LeadershipHub hub = new LeadershipHub(US, SimulatedCandidate.LEASE, TIMINGS.renewDeadline(), machine);
    final LeaseView view = new LeaseView(US, TIMINGS.leaseDuration(), hub::observe, machine);
    final LeaseReader reader = new LeaseReader(api, view);
    final LeaseWriter writer = new LeaseWriter(api, reader, view, settings, new WorkloadMark(settings), hub, machine);
    final Succession succession = new Succession(view, writer, US, thread, new Random(7));

    /** Lets {@code duration} pass, and what is due in it happen. */
    void run(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), () -> {});
    }

    /** A Lease that {@code holder} renews at this moment. */
    LeaseDocument heldBy(String holder, Duration duration) {
        Instant now = machine.wallTime();
        return api.server
                .present()
                .orElseGet(() -> LeaseDocument.initial(SimulatedCandidate.LEASE))
                .heldBy(holder, duration, now, now, 0);
    }

    /** Puts {@code lease} there, and shows it to the view. */
    void given(LeaseDocument lease) {
        api.server.put(lease);
        reader.read().join();
    }

    /** How often the API server was asked for {@code verb}. */
    long calls(String verb) {
        return api.calls.stream().filter(verb::equals).count();
    }
}
