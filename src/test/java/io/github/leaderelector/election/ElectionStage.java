package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.github.leaderelector.leadership.Claim;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Candidates on one Lease in virtual time, one millisecond away from the API server, to whom nothing happens but what a
 * test makes happen. After each event it checks that no two of them claim to lead.
 */
final class ElectionStage {

    static final Timings TIMINGS = new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

    /** From when a Lease is seen to be free until it is held: a pause, a read and a write, and some margin. */
    static final Duration AT_ONCE = Duration.ofMillis(30);

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final long LATENCY = Duration.ofMillis(1).toNanos();
    private static final long STEP = Duration.ofNanos(100_000).toNanos();

    final VirtualTime time = new VirtualTime();
    final SimulatedApiServer server = new SimulatedApiServer();
    private final List<SimulatedCandidate> candidates = new ArrayList<>();
    private final List<Tenure> tenures = new ArrayList<>();
    private final Random random = new Random(42);
    private boolean overlapAllowed;
    private Duration drain = Duration.ZERO;
    private Timings timings = TIMINGS;
    private Runnable afterEach = () -> {};

    /** One process that led without a break. */
    record Tenure(String identity, long token, Duration began) {}

    /** A candidate with true clocks that has not started yet. */
    SimulatedCandidate candidate(String identity) {
        return candidate(identity, 1, Duration.ZERO);
    }

    SimulatedCandidate candidate(String identity, double speed, Duration wallOffset) {
        SimulatedMachine machine = new SimulatedMachine(time, speed, wallTime().plus(wallOffset));
        SimulatedCandidate candidate = new SimulatedCandidate(
                identity, time, machine, server, timings, drain, Mutation.NONE, new Random(random.nextLong()));
        candidate.connection.latency(LATENCY);
        candidates.add(candidate);
        return candidate;
    }

    /** A candidate that has started now. */
    SimulatedCandidate start(String identity) {
        SimulatedCandidate candidate = candidate(identity);
        candidate.start();
        return candidate;
    }

    /** A candidate that has started, and leads. */
    SimulatedCandidate leader(String identity) {
        SimulatedCandidate candidate = start(identity);
        until(AT_ONCE, candidate::claims);
        return candidate;
    }

    /** A candidate that has started, and had the time to find out that another leads. */
    SimulatedCandidate follower(String identity) {
        SimulatedCandidate candidate = start(identity);
        run(AT_ONCE);
        assertThat(candidate.claims()).isFalse();
        return candidate;
    }

    void run(Duration duration) {
        time.runUntil(time.now() + duration.toNanos(), this::check);
    }

    /** Runs until {@code condition} holds, at most {@code limit}; returns how long that took. */
    Duration until(Duration limit, BooleanSupplier condition) {
        long start = time.now();
        while (!condition.getAsBoolean()) {
            if (time.now() - start >= limit.toNanos()) {
                throw new AssertionError("It did not happen within " + limit + ".");
            }
            time.runUntil(time.now() + STEP, this::check);
        }
        return Duration.ofNanos(time.now() - start);
    }

    Duration now() {
        return Duration.ofNanos(time.now());
    }

    Instant wallTime() {
        return NOON.plusNanos(time.now());
    }

    /** Candidates that are added from now on have this drain time. */
    void drain(Duration length) {
        drain = length;
    }

    /** The candidates that start from now on have other times. */
    void times(Timings other) {
        timings = other;
    }

    void allowOverlap() {
        overlapAllowed = true;
    }

    /** Runs {@code check} after each event. */
    void afterEach(Runnable check) {
        afterEach = check;
    }

    List<Tenure> tenures() {
        return List.copyOf(tenures);
    }

    /** The Lease as the API server has it. */
    LeaseDocument lease() {
        return server.get().orElseThrow();
    }

    LeaseSpec spec() {
        return Leases.model(lease()).getSpec();
    }

    /** Puts a Lease with {@code spec} there. */
    void given(@Nullable LeaseSpec spec) {
        given(new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(SimulatedCandidate.LEASE.namespace())
                .withName(SimulatedCandidate.LEASE.name())
                .endMetadata()
                .withSpec(spec)
                .build());
    }

    void given(Lease lease) {
        server.put(Leases.document(lease));
    }

    /** The spec of a Lease that {@code holder} has renewed just now, for 15 s. */
    LeaseSpecBuilder heldBy(String holder) {
        ZonedDateTime now = wallTime().atZone(ZoneOffset.UTC);
        return new LeaseSpecBuilder()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(15)
                .withAcquireTime(now)
                .withRenewTime(now)
                .withLeaseTransitions(3);
    }

    /** Somebody changes the spec. */
    void editSpec(UnaryOperator<LeaseSpecBuilder> change) {
        server.edit(lease -> lease.withSpec(
                change.apply(new LeaseSpecBuilder(lease.buildSpec())).build()));
    }

    /** A holder renews it as client-go does. */
    void renewAsClientGo() {
        editSpec(spec -> spec.withRenewTime(wallTime().atZone(ZoneOffset.UTC)));
    }

    /** A holder releases it as client-go does. */
    void releaseAsClientGo() {
        ZonedDateTime now = wallTime().atZone(ZoneOffset.UTC);
        editSpec(spec -> spec.withHolderIdentity("")
                .withLeaseDurationSeconds(1)
                .withRenewTime(now)
                .withAcquireTime(now));
    }

    private void check() {
        List<SimulatedCandidate> leaders =
                candidates.stream().filter(SimulatedCandidate::claims).toList();
        if (leaders.size() > 1 && !overlapAllowed) {
            throw new AssertionError("Two lead at one time: "
                    + leaders.stream().map(leader -> leader.identity).toList());
        }
        for (SimulatedCandidate leader : leaders) {
            Claim claim = leader.hub.current().claim();
            if (claim != null && tenures.stream().noneMatch(t -> t.token() == claim.fencingToken())) {
                tenures.add(new Tenure(leader.identity, claim.fencingToken(), now()));
            }
        }
        afterEach.run();
    }
}
