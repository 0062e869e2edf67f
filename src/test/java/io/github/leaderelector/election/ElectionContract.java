package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.testkit.ApiAccesses;
import io.github.leaderelector.testkit.FaultProxy;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The behaviour of an {@link Election} on any API server: black box, in real time, with short timings. After each test
 * it checks that no two candidates were seen to lead at one time.
 */
@ExtendWith(QuietElection.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(30)
abstract class ElectionContract {

    static final Timings TIMINGS = new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));

    /** Generous, for a machine that is busy with other things: well under a retry period it is on an idle one. */
    private static final Duration SOON = Duration.ofSeconds(2);

    /** The first of them loads half of the client's classes. */
    private static final Duration FIRST_START = Duration.ofSeconds(8);

    /** Some renewals. */
    private static final Duration SHORT_WHILE = Duration.ofMillis(1_200);

    private final List<Replica> replicas = new CopyOnWriteArrayList<>();
    private String name = "lease-" + UUID.randomUUID();
    private boolean overlapAllowed;

    /** A client of the API server's for the test itself. */
    abstract KubernetesClient admin();

    /** The TCP port of the API server on this machine. */
    abstract int port();

    /** The access of a candidate to the API server at {@code port}. */
    abstract Config config(int port);

    /** Where the Leases are. */
    String namespace() {
        return "default";
    }

    LeaseRef ref() {
        return new LeaseRef(namespace(), name);
    }

    /** A sidecar's election, with a proxy between it and the API server. */
    final class Replica implements AutoCloseable {
        final FaultProxy network = new FaultProxy(port());
        final LeadershipHub hub;
        final Election election;
        private volatile boolean sign;

        Replica(String identity, UnaryOperator<Config> change) {
            this(identity, ref(), Duration.ZERO, change);
        }

        Replica(String identity, LeaseRef ref, Duration drain, UnaryOperator<Config> change) {
            Ticker ticker = Ticker.system();
            hub = new LeadershipHub(identity, ref, TIMINGS.renewDeadline(), ticker);
            hub.subscribeSign("sign", Runnable::run, leadership -> sign = hub.leads());
            election = Election.on(
                    ApiAccesses.of(change.apply(config(network.port()))),
                    ApiAccesses.VERTX,
                    new ElectionSettings(ref, identity, identity, TIMINGS, drain),
                    hub,
                    ticker,
                    new ElectionListener() {});
            replicas.add(this);
            election.start();
        }

        boolean leads() {
            return hub.leads();
        }

        Code reason() {
            return hub.current().reason().code();
        }

        long token() {
            return hub.current().fencingToken(Ticker.system().now()).orElse(-1);
        }

        void stop() {
            election.stop(new Reason(Code.SHUTDOWN, "test"));
        }

        /** Ends it as SIGKILL would: nothing more is sent. */
        void kill() {
            network.close();
            close();
        }

        @Override
        public void close() {
            replicas.remove(this);
            election.close();
            network.close();
        }
    }

    @AfterEach
    void clear() {
        replicas.forEach(Replica::close);
        admin().leases().inNamespace(namespace()).withName(name).delete();
        name = "lease-" + UUID.randomUUID();
        overlapAllowed = false;
    }

    Replica start(String identity) {
        return new Replica(identity, UnaryOperator.identity());
    }

    Replica leader(String identity) {
        Replica replica = start(identity);
        until(FIRST_START, identity + " leads", replica::leads);
        return replica;
    }

    Replica follower(String identity, String holder) {
        Replica replica = start(identity);
        until(
                FIRST_START,
                identity + " follows",
                () -> holder.equals(replica.hub.current().holder()));
        assertThat(replica.leads()).isFalse();
        return replica;
    }

    /** Waits for {@code condition}, watching that no two lead; returns how long that took. */
    Duration until(Duration limit, String what, Callable<Boolean> condition) {
        long start = System.nanoTime();
        Wait.until(
                limit,
                () -> what + " within " + limit + ": "
                        + admin().leases().inNamespace(namespace()).list(),
                () -> {
                    expectNoTwo();
                    return condition.call();
                });
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private void expectNoTwo() {
        for (Replica one : replicas) {
            for (Replica other : replicas) {
                // Asked again, since the one may have stopped before the other was asked.
                if (one != other && !overlapAllowed && one.leads() && other.leads() && one.leads()) {
                    throw new AssertionError("Two lead at one time.");
                }
            }
        }
    }

    private void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        until(time.plus(SOON), "time passes", () -> System.nanoTime() - end >= 0);
    }

    private Resource<Lease> resource() {
        return admin().leases().inNamespace(namespace()).withName(name);
    }

    private LeaseSpec spec() {
        return resource().require().getSpec();
    }

    private void given(@Nullable LeaseSpec spec) {
        given(new LeaseBuilder().withNewMetadata().endMetadata().withSpec(spec).build());
    }

    private void given(Lease lease) {
        admin().resource(new LeaseBuilder(lease)
                        .editMetadata()
                        .withNamespace(namespace())
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }

    private static LeaseSpecBuilder heldBy(String holder) {
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        return new LeaseSpecBuilder()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(3)
                .withAcquireTime(now)
                .withRenewTime(now)
                .withLeaseTransitions(3);
    }

    /** Somebody changes the spec, again and again if a renewal comes in between. */
    private void edit(UnaryOperator<LeaseSpecBuilder> change) {
        until(SOON, "the Lease is edited", () -> {
            Lease present = resource().require();
            Lease changed = new LeaseBuilder(present)
                    .withSpec(change.apply(new LeaseSpecBuilder(present.getSpec()))
                            .build())
                    .build();
            try {
                admin().resource(changed).update();
                return true;
            } catch (KubernetesClientException conflict) {
                return false;
            }
        });
    }

    @Test
    void createsTheLeaseAndLeads() {
        Replica pod = leader("pod-a");

        LeaseSpec spec = spec();
        assertThat(spec.getHolderIdentity()).isEqualTo("pod-a");
        assertThat(spec.getLeaseDurationSeconds()).isEqualTo(3);
        assertThat(spec.getLeaseTransitions()).isZero();
        assertThat(spec.getAcquireTime()).isNotNull();
        pass(SHORT_WHILE);
        assertThat(pod.leads()).isTrue();
        assertThat(spec().getRenewTime()).isAfter(spec.getRenewTime());
        assertThat(spec().getAcquireTime()).isEqualTo(spec.getAcquireTime());
    }

    @Test
    void leadsOnALeaseWithoutSpec() {
        given((LeaseSpec) null);

        leader("pod-a");

        assertThat(spec().getHolderIdentity()).isEqualTo("pod-a");
    }

    @Test
    void leadsOnALeaseWithAnEmptyHolder() {
        given(heldBy("").build());

        leader("pod-a");

        assertThat(spec().getLeaseTransitions()).isEqualTo(4);
    }

    @Test
    void waitsForTheExpiryOfAnothersLease() {
        given(heldBy("other").build());

        Replica pod = start("pod-a");

        assertThat(until(Duration.ofSeconds(6), "pod-a leads", pod::leads)).isGreaterThan(TIMINGS.leaseDuration());
        assertThat(spec().getLeaseTransitions()).isEqualTo(4);
    }

    @Test
    void leadsAtOnceWhenClientGoReleases() {
        given(heldBy("other").withLeaseDurationSeconds(60).build());
        Replica pod = follower("pod-a", "other");
        pass(TIMINGS.retryPeriod());

        edit(spec -> spec.withHolderIdentity("").withLeaseDurationSeconds(1));

        until(SOON, "pod-a leads", pod::leads);
    }

    @Test
    void stopsFirstAndReleasesSecond() {
        Replica leader = leader("pod-a");
        List<String> order = new CopyOnWriteArrayList<>();
        leader.hub.subscribeSign("order", Runnable::run, leadership -> {
            order.add(leader.hub.leads() + " while held by '" + spec().getHolderIdentity() + "'");
        });

        leader.stop();

        assertThat(spec().getHolderIdentity()).isNullOrEmpty();
        assertThat(order).contains("false while held by 'pod-a'");
        assertThat(leader.sign).isFalse();
        assertThat(leader.reason()).isEqualTo(Code.SHUTDOWN);
    }

    @Test
    void holdsTheLeaseDuringADrain() {
        Duration drain = TIMINGS.leaseDuration().plusSeconds(2);
        Replica leader = new Replica("pod-a", ref(), drain, UnaryOperator.identity());
        until(FIRST_START, "pod-a leads", leader::leads);
        Replica follower = follower("pod-b", "pod-a");

        assertThat(leader.election.stepDown(Duration.ofMinutes(1))).isTrue();
        assertThat(leader.leads()).isFalse();

        Duration waited = until(drain.plus(SOON), "pod-b leads", follower::leads);
        assertThat(waited).isGreaterThan(drain.minusMillis(50));
        assertThat(leader.reason()).isEqualTo(Code.STEP_DOWN);
        assertThat(spec().getLeaseTransitions()).isOne();
    }

    @Test
    void releasesAtOnceWhenTheApplicationHasDrained() {
        Replica leader = new Replica("pod-a", ref(), Duration.ofMinutes(1), UnaryOperator.identity());
        until(FIRST_START, "pod-a leads", leader::leads);
        Replica follower = follower("pod-b", "pod-a");
        leader.election.stepDown(Duration.ofMinutes(1));
        pass(SHORT_WHILE);
        assertThat(follower.leads()).isFalse();
        assertThat(spec().getHolderIdentity()).isEqualTo("pod-a");

        assertThat(leader.election.drained()).isTrue();

        until(SOON, "pod-b leads", follower::leads);
    }

    @Test
    void campaignsAgainAfterTheCooldown() {
        Replica pod = leader("pod-a");
        long token = pod.token();
        Duration cooldown = Duration.ofSeconds(2);

        assertThat(pod.election.stepDown(cooldown)).isTrue();

        assertThat(until(cooldown.plus(SOON), "pod-a leads again", pod::leads)).isGreaterThan(cooldown.minusMillis(50));
        assertThat(pod.token()).isGreaterThan(token);
    }

    @Test
    void handsOverFromOneToTheNext() {
        List<Replica> pods = new ArrayList<>(List.of(leader("pod-a")));
        pods.add(follower("pod-b", "pod-a"));
        pods.add(follower("pod-c", "pod-a"));
        long lastToken = 0;
        while (!pods.isEmpty()) {
            until(SOON, "one leads", () -> pods.stream().anyMatch(Replica::leads));
            Replica leader = pods.stream().filter(Replica::leads).findFirst().orElseThrow();
            assertThat(leader.token()).isGreaterThan(lastToken);
            lastToken = leader.token();
            pods.remove(leader);
            leader.stop();
        }
        assertThat(spec().getHolderIdentity()).isNullOrEmpty();
        assertThat(spec().getLeaseTransitions()).isEqualTo(2);
    }

    @Test
    void electsOneOfManyThatStartTogether() {
        List<Replica> pods = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            pods.add(start("pod-" + i));
        }

        until(SOON, "one leads", () -> pods.stream().anyMatch(Replica::leads));
        pass(SHORT_WHILE);

        assertThat(pods).filteredOn(Replica::leads).hasSize(1);
        assertThat(spec().getLeaseTransitions()).isZero();
    }

    @Test
    void takesOverFromADeadLeaderAtTheExpiry() {
        Replica leader = leader("pod-a");
        Replica follower = follower("pod-b", "pod-a");
        pass(TIMINGS.retryPeriod());
        leader.kill();

        Duration wait = until(Duration.ofSeconds(6), "pod-b leads", follower::leads);

        // It may have been renewed a retry period, and a little, before.
        assertThat(wait)
                .isGreaterThan(
                        TIMINGS.leaseDuration().minus(TIMINGS.retryPeriod().multipliedBy(2)));
        assertThat(spec().getLeaseTransitions()).isOne();
    }

    @Test
    void recreatesADeletedLeaseAsANewTenure() {
        Replica leader = leader("pod-a");
        Replica follower = follower("pod-b", "pod-a");
        pass(TIMINGS.retryPeriod());
        long token = leader.token();

        resource().delete();

        until(SOON, "pod-a leads anew", () -> leader.token() > token);
        pass(SHORT_WHILE);
        assertThat(spec().getHolderIdentity()).isEqualTo("pod-a");
        assertThat(follower.leads()).isFalse();
    }

    @Test
    void waitsForTheExpiryOfADeletedLeaseOfAnother() {
        given(heldBy("other").build());
        Replica pod = follower("pod-a", "other");
        pass(SHORT_WHILE);

        resource().delete();

        assertThat(until(Duration.ofSeconds(6), "pod-a leads", pod::leads)).isGreaterThan(Duration.ofMillis(1_300));
        pass(SHORT_WHILE);
        assertThat(pod.leads()).isTrue();
    }

    @Test
    void stepsDownWhenAnotherOverwritesTheLease() {
        Replica leader = leader("pod-a");
        pass(TIMINGS.retryPeriod());

        edit(spec -> heldBy("intruder"));

        until(SOON, "pod-a steps down", () -> !leader.leads());
        assertThat(leader.reason()).isEqualTo(Code.OVERWRITTEN);
        assertThat(leader.hub.current().holder()).isEqualTo("intruder");
    }

    @Test
    void keepsWhatOthersWroteIntoTheLease() {
        given(new LeaseBuilder()
                .withNewMetadata()
                .addToLabels("team", "blue")
                .addToAnnotations("note", "keep me")
                .endMetadata()
                .build());

        Replica leader = leader("pod-a");
        pass(TIMINGS.retryPeriod());
        leader.stop();

        Lease now = resource().require();
        assertThat(now.getSpec().getHolderIdentity()).isNullOrEmpty();
        assertThat(now.getMetadata().getLabels()).containsEntry("team", "blue");
        assertThat(now.getMetadata().getAnnotations()).containsEntry("note", "keep me");
    }

    @Test
    void takesItsOwnLeaseAtOnceAfterARestart() {
        Replica before = leader("pod-a");
        pass(TIMINGS.retryPeriod());
        long token = before.token();
        before.kill();

        Replica after = leader("pod-a");

        assertThat(after.token()).isGreaterThan(token);
        assertThat(spec().getLeaseTransitions()).isZero();
    }

    @Test
    void makesTheFirstOfTwoProcessesOfOneIdentityStepDown() {
        overlapAllowed = true;
        Replica first = leader("pod-a");
        pass(SHORT_WHILE);

        Replica second = leader("pod-a");

        until(SOON, "the first steps down", () -> !first.leads());
        assertThat(first.reason()).isEqualTo(Code.IDENTITY_CONFLICT);
        pass(SHORT_WHILE);
        assertThat(first.leads()).isFalse();
        assertThat(second.leads()).isTrue();
    }

    @Test
    void stopsClaimingAtTheDeadlineWhenTheNetworkFallsSilentAndLeadsAgainAfterwards() {
        Replica leader = leader("pod-a");
        pass(TIMINGS.retryPeriod());
        long token = leader.token();
        leader.network.blackHole();

        // The write before may have been sent a retry period earlier.
        Duration claimed = until(Duration.ofSeconds(4), "the claim ends", () -> !leader.leads());
        assertThat(claimed).isBetween(Duration.ofMillis(1_000), Duration.ofMillis(2_300));
        assertThat(leader.reason()).isEqualTo(Code.RENEW_DEADLINE);
        until(SOON, "the sign goes", () -> !leader.sign);

        leader.network.heal();
        until(Duration.ofSeconds(4), "pod-a leads again", leader::leads);
        assertThat(leader.token()).isGreaterThan(token);
    }

    @Test
    void aSilentNetworkDoesNotHoldUpTheStop() {
        Replica leader = leader("pod-a");
        leader.network.blackHole();
        long begin = System.nanoTime();

        leader.stop();

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
        assertThat(leader.leads()).isFalse();
        assertThat(leader.sign).isFalse();
    }

    @Test
    void outlivesABrokenConnection() {
        Replica leader = leader("pod-a");
        Replica follower = follower("pod-b", "pod-a");
        long token = leader.token();
        for (int i = 0; i < 3; i++) {
            leader.network.reset();
            follower.network.reset();
            pass(TIMINGS.retryPeriod());
        }
        assertThat(leader.token()).isEqualTo(token);

        leader.stop();

        until(SOON, "pod-b leads", follower::leads);
    }

    @Test
    void doesNotTakeALeaseThatItOnlyDoesNotSeeBeingRenewed() {
        Replica leader = leader("pod-a");
        Replica follower = follower("pod-b", "pod-a");
        follower.network.blackHole(FaultProxy.Direction.ANSWERS);

        pass(TIMINGS.leaseDuration().plus(TIMINGS.retryPeriod()));

        assertThat(leader.leads()).isTrue();
        follower.network.heal();
        pass(SHORT_WHILE);
        assertThat(spec().getHolderIdentity()).isEqualTo("pod-a");
    }
}
