package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Several replicas with a Service to write, on one Lease, in virtual time: they lead in turn, hand over, drain, lose
 * the lead, freeze and die; requests are late or lost, and somebody edits and deletes the slice. After each change and
 * each hundredth of a second it is compared with the Lease.
 *
 * <p>The election is a model: a replica that finds the Lease free takes it. It keeps the rules of the product's
 * election.
 */
final class ServiceSimulation {

    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");
    private static final Duration LEASE_DURATION = Duration.ofSeconds(3);
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(2);
    private static final Duration RETRY_PERIOD = Duration.ofMillis(500);
    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(10);
    private static final int SLOWEST_MILLIS = 40;

    /** Four journeys of the slowest kind: to look and back, to write and back. */
    private static final Duration REQUESTS = Duration.ofMillis(4 * SLOWEST_MILLIS + 20);

    private final Random random;
    private final VirtualTime time = new VirtualTime();
    private final SliceStore store = new SliceStore(Fixtures.service());
    private final Duration drain;
    private final boolean lossy;
    private final Consumer<StoreApi> flaw;
    private final List<Replica> replicas = new ArrayList<>();
    private final Map<String, Long> tokens = new HashMap<>();

    private @Nullable Replica holder;
    private long renewedNanos;
    private @Nullable Replica lastLeader;
    private long lastToken;
    private long leaseTakenNanos;
    private long leaseChangedNanos;
    private long disturbedNanos;
    private int handovers;

    /**
     * @param lossy whether requests are lost or take too long, instead of being merely slow
     * @param flaw what is wrong with the way to the API server: a bug of the product that is to be found
     */
    ServiceSimulation(long seed, int size, boolean lossy, Consumer<StoreApi> flaw, Consumer<SliceStore> flawOfStore) {
        this.random = new Random(seed);
        this.drain = random.nextInt(3) == 0 ? Duration.ofSeconds(1 + random.nextInt(3)) : Duration.ZERO;
        this.lossy = lossy;
        this.flaw = flaw;
        flawOfStore.accept(store);
        for (int i = 0; i < size; i++) {
            replicas.add(new Replica("pod-" + (char) ('a' + i), "10.0.0." + (i + 1)));
        }
        store.watch(0, this::sliceChanged);
    }

    /** Lets {@code length} pass; throws an AssertionError if the slice was not as it must be. */
    void run(Duration length) {
        replicas.forEach(Replica::begin);
        every(LOOK, this::check);
        every(Duration.ofMillis(700), this::disturb);
        time.pass(length);
    }

    int handovers() {
        return handovers;
    }

    private void every(Duration period, Runnable task) {
        time.in(period, () -> {
            task.run();
            every(period, task);
        });
    }

    /** One replica: a place, and a process in it that may die and be started again. */
    private final class Replica {
        private final String name;
        private final String ip;
        private Sidecar process;

        Replica(String name, String ip) {
            this.name = name;
            this.ip = ip;
            this.process = new Sidecar(this);
        }

        void begin() {
            process.begin();
        }
    }

    /** A process, whose thread runs unless it is frozen or dead. */
    private final class Sidecar implements Scheduler {
        private final Replica place;
        private final LeadershipHub hub;
        private final Reconciler outlet;
        private final StoreApi api;
        private boolean dead;
        private boolean electionCutOff;
        private boolean campaigns = true;
        private boolean led;
        private long frozenUntil;

        Sidecar(Replica place) {
            this.place = place;
            this.hub = new LeadershipHub(place.name, LEASE, RENEW_DEADLINE, time);
            this.api = new StoreApi(time, store, Fixtures.pod(place.name, place.ip), Fixtures.SERVICE);
            api.fate = this::fate;
            flaw.accept(api);
            this.outlet = new Reconciler(
                    api,
                    new Reconciler.Setup(Fixtures.SERVICE, List.of(), !drain.isZero()),
                    hub::current,
                    time,
                    this,
                    new ServiceLog("prod/myapp-leader", time, new SimpleMeterRegistry()));
        }

        void begin() {
            hub.subscribe("service", this::soon, outlet);
            in(Duration.ofMillis(random.nextInt(1000)), this::tick);
            in(Duration.ofMillis(random.nextInt(100)), this::campaign);
        }

        private void tick() {
            hub.retell();
            in(TICK, this::tick);
        }

        @Override
        public void in(Duration delay, Runnable task) {
            time.in(delay, () -> {
                if (dead) {
                    return;
                }
                long frozen = frozenUntil - time.nanoTime();
                if (frozen > 0) {
                    in(Duration.ofNanos(frozen), task);
                } else {
                    task.run();
                }
            });
        }

        boolean isWell() {
            return !dead && frozenUntil - time.nanoTime() <= 0;
        }

        private StoreApi.Fate fate() {
            Duration there = Duration.ofMillis(random.nextInt(SLOWEST_MILLIS));
            Duration back = Duration.ofMillis(random.nextInt(SLOWEST_MILLIS));
            if (!lossy || random.nextInt(4) > 0) {
                return new StoreApi.Fate(there, back, 0);
            }
            disturbedNanos = time.nanoTime();
            return switch (random.nextInt(4)) {
                case 0 -> new StoreApi.Fate(Duration.ofMillis(-1), back, 0);
                case 1 -> new StoreApi.Fate(there, Duration.ofMillis(-1), 0);
                case 2 -> new StoreApi.Fate(Duration.ofMillis(random.nextInt(5_000)), back, 0);
                default -> new StoreApi.Fate(there, back, 500);
            };
        }

        /** The election: renews, takes what is free, sees what others do. */
        private void campaign() {
            in(Duration.ofMillis(20 + random.nextInt(40)), this::campaign);
            boolean expired = time.nanoTime() - renewedNanos > LEASE_DURATION.toNanos();
            if (electionCutOff) {
                return;
            }
            if (holder == place && campaigns) {
                if (!hub.leads()) {
                    // Its claim ended, but nobody else has taken the Lease: a new tenure.
                    take();
                } else if (time.nanoTime() - renewedNanos > RETRY_PERIOD.toNanos()) {
                    renewedNanos = time.nanoTime();
                    hub.observe(new WriteAcknowledged(lease(), time.now()));
                }
            } else if (campaigns && (holder == null || expired)) {
                take();
            } else if (holder != place) {
                hub.observe(new LeaseSeen(lease(), Writer.OTHER, true));
            }
        }

        private void take() {
            holder = place;
            renewedNanos = time.nanoTime();
            hub.observe(new LeaseSeen(lease(), Writer.OTHER, true));
            hub.observe(new WriteAcknowledged(lease(), time.now()));
            lastLeader = place;
            led = true;
            lastToken = hub.current().fencingToken(time.now()).orElseThrow();
            leaseTakenNanos = time.nanoTime();
            leaseChangesAt(leaseTakenNanos);
            handovers++;
        }

        private ObservedLease lease() {
            long now = time.nanoTime();
            return new ObservedLease(
                    holder == null ? null : holder.name,
                    1,
                    store.nextVersion(),
                    time.wallTime(),
                    now,
                    renewedNanos + LEASE_DURATION.toNanos());
        }

        /** The orderly way out, and back after {@code pause}. */
        void resign(Duration pause) {
            // As the election: only who leads gives the application time to finish.
            Duration drained = hub.leads() ? drain : Duration.ZERO;
            campaigns = false;
            hub.observe(new ResignRequested(new Reason(Reason.Code.STEP_DOWN, "Asked to.")));
            leaseChangesAt(time.nanoTime());
            long end =
                    time.nanoTime() + drained.toNanos() + Duration.ofMillis(20).toNanos();
            keep(end);
            in(Duration.ofNanos(end - time.nanoTime()).plus(pause), () -> {
                campaigns = true;
                hub.observe(new CampaignAllowed());
            });
        }

        private void keep(long end) {
            if (holder != place) {
                return;
            }
            if (time.nanoTime() - end >= 0) {
                holder = null;
                leaseChangesAt(time.nanoTime());
                hub.observe(new LeaseSeen(lease(), Writer.OTHER, true));
                return;
            }
            renewedNanos = time.nanoTime();
            hub.observe(new LeaseSeen(lease(), Writer.US, true));
            in(Duration.ofMillis(10), () -> keep(end));
        }
    }

    /** Something happens to somebody. */
    private void disturb() {
        Replica any = replicas.get(random.nextInt(replicas.size()));
        Replica led = holder == null ? any : holder;
        switch (random.nextInt(12)) {
            case 0 -> resign(led, Duration.ofSeconds(1));
            case 1 -> replicas.forEach(replica -> resign(replica, Duration.ofSeconds(3)));
            case 2 -> freeze(led);
            case 3 -> freeze(any);
            case 4 -> kill(led);
            case 5 -> cutOff(led);
            case 6 -> edit();
            default -> {
                // Mostly nothing, so that there is time to look at what must not change.
            }
        }
    }

    private void resign(Replica replica, Duration pause) {
        // A tenure that ends in the instant in which it began is nothing that an outlet is told of.
        boolean toldOfLast = time.nanoTime() > leaseTakenNanos;
        if (replica.process.campaigns && replica.process.isWell() && toldOfLast) {
            replica.process.resign(pause);
        }
    }

    private void freeze(Replica replica) {
        replica.process.frozenUntil =
                time.nanoTime() + Duration.ofMillis(random.nextInt(6_000)).toNanos();
        leaseChangesAt(replica.process.frozenUntil);
    }

    /** Never back: what happens now does not end the freeze of another. */
    private void leaseChangesAt(long nanos) {
        leaseChangedNanos = Math.max(leaseChangedNanos, nanos);
    }

    private void kill(Replica replica) {
        replica.process.dead = true;
        leaseChangesAt(time.nanoTime());
        replica.process = new Sidecar(replica);
        time.in(Duration.ofMillis(random.nextInt(5_000)), replica.process::begin);
    }

    /** The Lease is out of reach, but the slices are not. */
    private void cutOff(Replica replica) {
        Sidecar process = replica.process;
        process.electionCutOff = true;
        time.in(Duration.ofMillis(random.nextInt(8_000)), () -> process.electionCutOff = false);
    }

    private void edit() {
        if (store.slice(Fixtures.SLICE).isEmpty()) {
            return;
        }
        disturbedNanos = time.nanoTime();
        tokens.clear();
        switch (random.nextInt(4)) {
            case 0 -> store.delete(Fixtures.SLICE);
            case 1 -> store.edit(Fixtures.SLICE, slice -> slice.putArray("endpoints"));
            case 2 -> store.edit(Fixtures.SLICE, slice -> metadata(slice).remove("annotations"));
            default -> store.edit(Fixtures.SLICE, slice -> metadata(slice).remove("labels"));
        }
    }

    private static ObjectNode metadata(ObjectNode slice) {
        return slice.withObjectProperty("metadata");
    }

    private void sliceChanged(SliceStore.Change change) {
        if (change.after() == null || disturbedNanos == time.nanoTime()) {
            return;
        }
        long before = tokens.getOrDefault(change.after().name(), 0L);
        if (change.after().token() < before) {
            throw failure("went back from token " + before);
        }
        tokens.put(change.after().name(), change.after().token());
    }

    private void check() {
        @Nullable Replica leader = null;
        for (Replica replica : replicas) {
            if (replica.process.isWell() && replica.process.hub.leads()) {
                if (leader != null) {
                    throw new IllegalStateException("The model has two leaders.");
                }
                leader = replica;
            }
        }
        if (leader == null) {
            noLeader();
        } else if (isOver(TICK.plus(REQUESTS))) {
            expect(leader.ip, lastToken, true);
        }
    }

    /** Whether all is as it should be for long enough, so that {@code allowed} to make it so is over. */
    private boolean isOver(Duration allowed) {
        Duration troubled = lossy ? Duration.ofSeconds(9).plus(allowed) : allowed;
        long now = time.nanoTime();
        return now - leaseChangedNanos > allowed.toNanos()
                && now - disturbedNanos > troubled.toNanos()
                && now - leaseChangedNanos > (lossy ? troubled : allowed).toNanos();
    }

    private void noLeader() {
        Replica led = lastLeader;
        if (led == null
                || !led.process.led
                || !led.process.isWell()
                || led.process.hub.current().claim() != null) {
            return;
        }
        if (holder != null && holder != led && !expired()) {
            // Another leads, as far as anybody can see, but is frozen or dead.
            return;
        }
        if (holder == led && !led.process.campaigns && !drain.isZero()) {
            if (isOver(TICK.plus(REQUESTS))) {
                expect(led.ip, lastToken, false);
            }
            return;
        }
        noLeaderSince(led);
    }

    private boolean expired() {
        return time.nanoTime() - renewedNanos > LEASE_DURATION.toNanos();
    }

    private void noLeaderSince(Replica led) {
        long ended = led.process.hub.current().since().nanos();
        leaseChangesAt(ended);
        if (isOver(Duration.ofSeconds(1))) {
            boolean gone = store.slice(Fixtures.SLICE)
                    .map(slice -> !slice.hasEndpoints() || !SliceStore.isOf(slice, Fixtures.SERVICE))
                    .orElse(true);
            if (!gone) {
                throw failure("has an address, though nobody leads");
            }
        }
    }

    private void expect(String ip, long token, boolean ready) {
        Slice slice = store.slice(Fixtures.SLICE).orElseThrow(() -> failure("is not there"));
        String address =
                slice.json().path("endpoints").path(0).path("addresses").path(0).asText();
        boolean isReady = slice.json()
                .path("endpoints")
                .path(0)
                .path("conditions")
                .path("ready")
                .asBoolean();
        if (!address.equals(ip) || slice.token() != token || isReady != ready) {
            throw failure("is not that of " + ip + " with token " + token + ", ready: " + ready);
        }
    }

    private AssertionError failure(String what) {
        return new AssertionError("After " + Duration.ofNanos(time.nanoTime()) + " the slice " + what + ": "
                + store.slice(Fixtures.SLICE).map(Slice::json).orElse(null) + "; drain " + drain + ", holder "
                + (holder == null ? null : holder.name));
    }
}
