package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(QuietElection.class)
class WatchedLockTest {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T00:00:00Z");
    private static final @Nullable KubernetesClient NOT_USED = null;

    private final ManualTicker ticker = new ManualTicker();
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", SimulatedCandidate.LEASE, Duration.ofSeconds(10), ticker);
    private final LeaseTracker tracker =
            new LeaseTracker("pod-a", Duration.ofSeconds(15), hub::observe, ticker, () -> {});
    private final LeaseSession session = LeaseSessionTest.session(api, tracker, hub, ticker, () -> false);
    private final WatchedLock lock =
            new WatchedLock(session, tracker, SimulatedCandidate.LEASE, "pod-a", Duration.ofSeconds(15));

    private void given(String holder) {
        api.server.put(LeaseDocument.initial(SimulatedCandidate.LEASE)
                .heldBy(holder, Duration.ofSeconds(15), LONG_AGO, LONG_AGO, 3));
    }

    private LeaderElectionRecord get() {
        LeaderElectionRecord record = lock.get(NOT_USED);
        assertThat(record).isNotNull();
        return record;
    }

    private static LeaderElectionRecord ignored() {
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        return new LeaderElectionRecord("whoever", Duration.ofSeconds(1), now, now, 99);
    }

    @Test
    void saysWhoItIs() {
        assertThat(lock.identity()).isEqualTo("pod-a");
        assertThat(lock.describe()).isEqualTo("Lease prod/app-lock");
    }

    @Test
    void showsAnAbsentLeaseAsNone() {
        assertThat(lock.get(NOT_USED)).isNull();
    }

    @Test
    void showsWhatAnotherHoldsAsRenewedJustNow() {
        given("other");

        LeaderElectionRecord record = get();

        assertThat(record.getHolderIdentity()).isEqualTo("other");
        assertThat(record.getRenewTime()).isCloseTo(ZonedDateTime.now(ZoneOffset.UTC), within(1, ChronoUnit.MINUTES));
        assertThat(record.getLeaderTransitions()).isEqualTo(3);
    }

    @Test
    void showsWhatHasExpiredAsFree() {
        given("other");
        get();
        ticker.advance(Duration.ofSeconds(15));

        assertThat(get().getHolderIdentity()).isEmpty();
    }

    @Test
    void showsANamesakeAsSomebodyElse() {
        given("pod-a");
        get();
        api.server.edit(l -> l.editSpec()
                .withRenewTime(LONG_AGO.plusSeconds(2).atZone(ZoneOffset.UTC))
                .endSpec());

        assertThat(get().getHolderIdentity()).isEqualTo("pod-a (another process)");
    }

    @Test
    void createsAndThenUpdatesWithAClaimOfItsOwnAndNotOfTheElector() {
        lock.get(NOT_USED);
        lock.create(NOT_USED, ignored());
        assertThat(get().getHolderIdentity()).isEqualTo("pod-a");
        ticker.advance(Duration.ofSeconds(2));
        lock.update(NOT_USED, ignored());

        assertThat(api.calls).containsExactly("get", "create", "update");
        LeaseDocument stored = api.server.get().orElseThrow();
        assertThat(stored.holder()).isEqualTo("pod-a");
        assertThat(stored.term()).isZero();
        assertThat(hub.leads()).isTrue();
    }

    @Test
    void leavesOutAWriteRightAfterAnother() {
        lock.get(NOT_USED);
        lock.create(NOT_USED, ignored());
        lock.update(NOT_USED, ignored());

        assertThat(api.calls).containsExactly("get", "create");
    }

    @Test
    void throwsNothingButWhatTheElectorSurvives() {
        api.failure = new ApiException(503, "Down.", null);

        assertThatThrownBy(() -> lock.get(NOT_USED))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(503))
                .hasMessage("Down.");
    }

    @Test
    void refusesToTakeWhatAnotherHoldsWhateverTheElectorThinks() {
        given("other");
        get();

        assertThatThrownBy(() -> lock.update(NOT_USED, ignored()))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("'other' holds the Lease");
        assertThat(api.calls).containsExactly("get");
    }

    @Test
    void refusesToTakeWhatItHasNotSeen() {
        assertThatThrownBy(() -> lock.create(NOT_USED, ignored())).isInstanceOf(KubernetesClientException.class);
        assertThat(api.calls).isEmpty();
    }
}
