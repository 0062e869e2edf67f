package io.github.leaderelector.apphealth;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.apphealth.HealthRule.State;
import io.github.leaderelector.config.AppHealth.Fallback;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class HealthRuleTest {

    private static final Duration LEASE = Duration.ofSeconds(15);
    private static final long START = Long.MAX_VALUE - 100_000_000_000L;

    private final HealthRule nobody = new HealthRule(3, Fallback.NOBODY, LEASE);
    private final HealthRule anyone = new HealthRule(3, Fallback.ANYONE, LEASE);

    @Test
    void whoHasNotBeenAskedIsNoCandidate() {
        assertThat(State.UNKNOWN.candidate()).isFalse();
    }

    @Test
    void oneGoodAnswerMakesACandidate() {
        State state = nobody.next(State.UNKNOWN, true, free(0), at(1));

        assertThat(state).isEqualTo(new State(0, true, false));
    }

    @Test
    void oneBadAnswerIsEnoughForAFollower() {
        State state = nobody.next(new State(0, true, false), false, heldByAnother(0, 15), at(1));

        assertThat(state).isEqualTo(new State(1, false, false));
    }

    @Test
    void aLeaderResignsAfterTheLastOfSoManyBadAnswersInARow() {
        State state = new State(0, true, false);
        for (int second = 1; second <= 2; second++) {
            state = nobody.next(state, false, leading(0), at(second));
            assertThat(state.candidate()).isTrue();
        }

        assertThat(nobody.next(state, false, leading(0), at(3)).candidate()).isFalse();
    }

    @Test
    void aGoodAnswerInBetweenBeginsTheCountAnew() {
        State state = new State(2, true, false);

        state = nobody.next(state, true, leading(0), at(1));
        state = nobody.next(state, false, leading(0), at(2));

        assertThat(state).isEqualTo(new State(1, true, false));
    }

    @Test
    void withTheFallbackNobodyAFreeLeaseStaysFree() {
        assertThat(nobody.next(new State(9, false, false), false, free(0), at(3_600))
                        .candidate())
                .isFalse();
    }

    @Test
    void whereAnyoneMayLeadAnUnhealthyOneWaitsForALeaseDuration() {
        State out = new State(3, false, false);

        assertThat(anyone.next(out, false, free(0), at(14)).candidate()).isFalse();
        assertThat(anyone.next(out, false, free(0), at(15))).isEqualTo(new State(4, true, true));
        assertThat(anyone.next(out, false, heldByAnother(0, 15), at(29)).candidate())
                .isFalse();
        assertThat(anyone.next(out, false, heldByAnother(0, 15), at(30)).candidate())
                .isTrue();
        assertThat(anyone.next(out, false, nothingSeen(), at(3_600)).candidate())
                .isFalse();
    }

    @Test
    void whoWasACandidateForWantOfAHealthyOneIsNoneOnceSomebodyLeads() {
        State state = new State(20, true, true);

        assertThat(anyone.next(state, false, heldByAnother(0, 15), at(1))).isEqualTo(new State(21, false, false));
    }

    @Test
    void whoLeadsForWantOfAHealthyOneDoesSoForTenLeaseDurations() {
        State state = new State(20, true, true);

        assertThat(anyone.next(state, false, leading(0), at(149))).isEqualTo(new State(21, true, true));
        assertThat(anyone.next(state, false, leading(0), at(150))).isEqualTo(new State(21, false, false));
    }

    @Test
    void whoLeadsForWantOfAHealthyOneAndBecomesHealthyIsALeaderAsAnyOther() {
        State state = anyone.next(new State(20, true, true), true, leading(0), at(10));
        assertThat(state).isEqualTo(new State(0, true, false));

        for (int second = 11; second <= 13; second++) {
            state = anyone.next(state, false, leading(0), at(second));
        }
        assertThat(state.candidate()).isFalse();
    }

    @Test
    void aHealthyLeaderThatFailsResignsEvenWhereAnyoneMayLead() {
        assertThat(anyone.next(new State(2, true, false), false, leading(0), at(3)))
                .isEqualTo(new State(3, false, false));
    }

    private static Moment at(long second) {
        return new Moment(START + Duration.ofSeconds(second).toNanos(), Instant.EPOCH.plusSeconds(second));
    }

    private static Leadership free(long since) {
        return state(
                Phase.RESIGNED,
                null,
                new ObservedLease(null, 1, 5, null, at(since).nanos(), at(since).nanos()));
    }

    private static Leadership heldByAnother(long seen, long expires) {
        return state(
                Phase.RESIGNED,
                null,
                new ObservedLease(
                        "pod-b", 1, 5, null, at(seen).nanos(), at(expires).nanos()));
    }

    private static Leadership nothingSeen() {
        return state(Phase.RESIGNED, null, null);
    }

    /** Since second 0, renewed all the time. */
    private static Leadership leading(long since) {
        Claim claim = new Claim(5, at(since).wall(), at(since), Duration.ofHours(1));
        return state(
                Phase.LEADING,
                claim,
                new ObservedLease(
                        "pod-a", 1, 5, null, at(since).nanos(), at(since + 15).nanos()));
    }

    private static Leadership state(Phase phase, Claim claim, ObservedLease lease) {
        return new Leadership(
                "pod-a",
                new LeaseRef("prod", "app-lock"),
                phase,
                claim,
                lease,
                at(0),
                new Reason(Reason.Code.UNHEALTHY, "test"),
                null);
    }
}
