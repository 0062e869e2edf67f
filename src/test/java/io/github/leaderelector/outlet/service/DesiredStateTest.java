package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.outlet.service.DesiredState.Kind;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class DesiredStateTest {

    private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");
    private static final Duration DEADLINE = Duration.ofSeconds(2);
    private static final Duration LEASE = Duration.ofSeconds(3);

    @Test
    void whoLeadsWantsTheTrafficForAsLongAsItsClaimHolds() {
        Leadership leads = leads(7);

        DesiredState serves = DesiredState.NOTHING.next(leads, at(0), false);
        assertThat(serves.kind()).isEqualTo(Kind.SERVE);
        assertThat(serves.token()).isEqualTo(7);

        assertThat(serves.next(leads, at(1_999), false).kind()).isEqualTo(Kind.SERVE);
        assertThat(serves.next(leads, at(2_000), false).kind()).isEqualTo(Kind.HOLD);
    }

    @Test
    void whoHasNeverLedWantsNothing() {
        assertThat(DesiredState.NOTHING.next(follows("pod-b"), at(0), true)).isEqualTo(DesiredState.NOTHING);
        assertThat(DesiredState.NOTHING.next(resigned("pod-a"), at(0), true)).isEqualTo(DesiredState.NOTHING);
    }

    @Test
    void whoHasStoppedWithoutASuccessorHoldsTheAddressForAMomentAndThenWithdrawsIt() {
        DesiredState stopped = serving().next(follows(null), at(1_000), false);

        assertThat(stopped.kind()).isEqualTo(Kind.HOLD);
        assertThat(stopped.pause()).isEqualTo(DesiredState.VACANCY);
        assertThat(stopped.isSettled()).isFalse();
        assertThat(stopped.next(follows(null), at(1_499), false).kind()).isEqualTo(Kind.HOLD);
        DesiredState withdraws = stopped.next(follows(null), at(1_500), false);
        assertThat(withdraws.kind()).isEqualTo(Kind.WITHDRAW);
        assertThat(withdraws.token()).isEqualTo(7);
        assertThat(withdraws.isSettled()).isFalse();
    }

    @Test
    void theNextLeaderHasTimeToReplaceTheAddress() {
        DesiredState replaced = serving().next(follows("pod-b"), at(1_000), false);

        assertThat(replaced.kind()).isEqualTo(Kind.HOLD);
        assertThat(replaced.isSettled()).isTrue();
        assertThat(replaced.next(follows("pod-b"), at(2_900), false).kind()).isEqualTo(Kind.HOLD);
        // By then its Lease, which nobody renews here, has expired.
        assertThat(replaced.next(follows("pod-b"), at(3_100), false).kind()).isEqualTo(Kind.WITHDRAW);
    }

    @Test
    void anotherLeaderThatDoesNotWriteIsNotWaitedForForEver() {
        DesiredState replaced = serving().next(follows("pod-b", 1_000), at(1_000), false);

        assertThat(replaced.next(follows("pod-b", 5_900), at(5_900), false).kind())
                .isEqualTo(Kind.HOLD);
        assertThat(replaced.next(follows("pod-b", 6_000), at(6_000), false).kind())
                .isEqualTo(Kind.WITHDRAW);
    }

    @Test
    void whileTheLeaseIsHeldOnAfterTheClaimTheAddressDrains() {
        DesiredState drains = serving().next(resigned("pod-a"), at(1_000), true);

        assertThat(drains.kind()).isEqualTo(Kind.DRAIN);
        assertThat(drains.token()).isEqualTo(7);
        // The time without a leader begins when the drain is over.
        DesiredState over = drains.next(resigned(null), at(2_000), true);
        assertThat(over.kind()).isEqualTo(Kind.HOLD);
        assertThat(over.next(resigned(null), at(2_400), true).kind()).isEqualTo(Kind.HOLD);
        assertThat(over.next(resigned(null), at(2_500), true).kind()).isEqualTo(Kind.WITHDRAW);
    }

    @Test
    void withoutADrainAResignedLeaderHoldsItsAddress() {
        assertThat(serving().next(resigned("pod-a"), at(1_000), false).kind()).isEqualTo(Kind.HOLD);
    }

    @Test
    void aLostClaimIsNoDrain() {
        assertThat(serving().next(follows("pod-a"), at(2_000), true).kind()).isEqualTo(Kind.HOLD);
    }

    private static DesiredState serving() {
        return DesiredState.NOTHING.next(leads(7), at(0), false);
    }

    private static Moment at(long millis) {
        return new Moment(Duration.ofMillis(millis).toNanos(), BEGIN.plusMillis(millis));
    }

    private static Leadership leads(long token) {
        return leadership(Phase.LEADING, new Claim(token, BEGIN, at(0), DEADLINE), "pod-a", 0);
    }

    private static Leadership follows(String holder) {
        return leadership(Phase.FOLLOWING, null, holder, 0);
    }

    private static Leadership follows(String holder, long renewedMillis) {
        return leadership(Phase.FOLLOWING, null, holder, renewedMillis);
    }

    private static Leadership resigned(String holder) {
        return leadership(Phase.RESIGNED, null, holder, 0);
    }

    private static Leadership leadership(Phase phase, Claim claim, String holder, long renewedMillis) {
        long renewed = at(renewedMillis).nanos();
        return new Leadership(
                "pod-a",
                new LeaseRef("prod", "app-lock"),
                phase,
                claim,
                new ObservedLease(holder, 1, 7, BEGIN, renewed, renewed + LEASE.toNanos()),
                at(0),
                new Reason(Reason.Code.STEP_DOWN, "Because."),
                null);
    }
}
