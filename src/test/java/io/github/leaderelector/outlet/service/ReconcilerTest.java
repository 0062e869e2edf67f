package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReconcilerTest {

    private static final Duration LEASE_DURATION = Duration.ofSeconds(3);
    private static final Duration TICK = Duration.ofSeconds(1);

    private final VirtualTime time = new VirtualTime();
    private final SliceStore store = new SliceStore(Fixtures.service());
    private final StoreApi api = new StoreApi(time, store, Fixtures.pod("pod-a", "10.0.0.1"), Fixtures.SERVICE);
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofHours(1), time);
    private Reconciler reconciler;

    @BeforeEach
    void subscribe() {
        reconciler = new Reconciler(
                api,
                new Reconciler.Setup(Fixtures.SERVICE, List.of(), false),
                hub::current,
                time,
                time,
                new ServiceLog("prod/myapp-leader", time, new SimpleMeterRegistry()));
        hub.subscribe("service", time::soon, reconciler);
    }

    @Test
    void whoTakesTheLeadLooksAndWritesAndThenOnlyWatches() {
        lead();
        ticks(30);

        assertThat(api.requests)
                .containsExactly("GET pod", "GET service", "LIST any", "POST myapp-leader-ipv4", "WATCH");
        assertThat(addresses()).containsExactly("10.0.0.1");
    }

    /** The API server's cache, which answers the first look, may be older than the slice. */
    @Test
    void whoseWriteConflictsDoesNotLookIntoTheCacheAgain() {
        api.refuse("POST", 409);
        lead();
        ticks(30);

        assertThat(api.requests)
                .containsSubsequence("LIST any", "POST myapp-leader-ipv4", "LIST")
                .containsOnlyOnce("LIST any");
    }

    @Test
    void aFollowerLooksOnceASecondAfterItsStart() {
        follow("pod-b");
        time.pass(Duration.ofMillis(900));
        assertThat(api.requests).isEmpty();

        ticks(100);

        assertThat(api.requests).containsExactly("GET pod", "GET service", "LIST");
    }

    @Test
    void aLeaderLooksAgainOnceAMinute() {
        lead();
        ticks(150);

        assertThat(api.requests.stream().filter(r -> r.equals("LIST"))).hasSize(2);
        assertThat(api.requests.stream().filter(r -> r.startsWith("P"))).hasSize(1);
    }

    @Test
    void whatIsChangedInTheServiceIsInTheSliceAfterTheNextLook() {
        lead();
        store.service(Fixtures.service("'ports': [{'name': 'http', 'port': 80, 'targetPort': 9090}]"));
        ticks(62);

        assertThat(store.slice(Fixtures.SLICE)
                        .orElseThrow()
                        .json()
                        .at("/ports/0/port")
                        .asInt())
                .isEqualTo(9090);
    }

    @Test
    void aSliceThatLostItsLabelIsFoundByItsName() {
        lead();
        ticks(1);
        store.edit(Fixtures.SLICE, slice -> slice.withObjectProperty("metadata").remove("labels"));
        ticks(2);

        assertThat(store.list(Fixtures.SERVICE).slices()).hasSize(1);
    }

    @Test
    void aLeaderThatMayNotWatchLooksEachTenSeconds() {
        api.refuse("WATCH", 403);
        lead();
        ticks(45);

        assertThat(api.requests.stream().filter(r -> r.equals("LIST"))).hasSize(4);
        assertThat(api.requests.stream().filter(r -> r.equals("WATCH"))).hasSize(1);
    }

    @Test
    void theAddressOfAnEarlierProcessIsRemovedIfNoReplicaLeads() {
        store.create(Slice.of(
                Route.find(Fixtures.service(), OwnPod.of(Fixtures.pod("pod-a", "10.0.0.1"), List.of()))
                        .route(),
                Family.IPV4,
                Slice.Condition.SERVING,
                new Mark("prod/app-lock", 7),
                null));
        follow(null);
        ticks(3);

        assertThat(addresses()).isEmpty();
    }

    @Test
    void whoHandsOverHasNoMoreToDoWhenAnotherLeads() {
        lead();
        ticks(1);
        follow("pod-b");
        CompletableFuture<Void> settled = reconciler.settled();
        time.pass(Duration.ofMillis(1));

        assertThat(settled).isCompleted();
        assertThat(addresses()).containsExactly("10.0.0.1");
    }

    @Test
    void whoStopsWithoutASuccessorHasDoneItsPartWhenTheAddressIsGone() {
        lead();
        ticks(1);
        follow(null);
        CompletableFuture<Void> settled = reconciler.settled();
        time.pass(Duration.ofMillis(400));
        assertThat(settled).isNotDone();

        time.pass(Duration.ofMillis(200));

        assertThat(settled).isCompleted();
        assertThat(addresses()).isEmpty();
    }

    @Test
    void aServiceThatIsWrongIsLookedAtAgainAndServedWhenItIsRight() {
        store.service(null);
        lead();
        ticks(60);
        assertThat(store.slice(Fixtures.SLICE)).isEmpty();

        store.service(Fixtures.service());
        ticks(31);

        assertThat(addresses()).containsExactly("10.0.0.1");
    }

    private void ticks(int number) {
        for (int i = 0; i < number; i++) {
            time.pass(TICK);
            hub.retell();
        }
        time.pass(Duration.ZERO);
    }

    private List<String> addresses() {
        return store.slice(Fixtures.SLICE).orElseThrow().json().path("endpoints").findValues("addresses").stream()
                .map(addresses -> addresses.path(0).asText())
                .toList();
    }

    private void lead() {
        hub.observe(new WriteAcknowledged(lease("pod-a"), time.now()));
        time.pass(Duration.ofMillis(1));
    }

    private void follow(String holder) {
        hub.observe(new LeaseSeen(lease(holder), Writer.OTHER, true));
        time.pass(Duration.ofMillis(1));
    }

    private ObservedLease lease(String holder) {
        return new ObservedLease(
                holder,
                1,
                store.nextVersion(),
                time.wallTime(),
                time.nanoTime(),
                time.nanoTime() + LEASE_DURATION.toNanos());
    }
}
