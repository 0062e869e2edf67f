package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeadershipTest {

    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");
    private static final Duration LENGTH = Duration.ofSeconds(10);
    private static final int TERM = 7;

    private final ManualTicker ticker = new ManualTicker();
    private final Moment start = ticker.now();

    @Test
    void whoHasSeenNothingKnowsNothing() {
        Leadership unknown = Leadership.unknown("pod-a", LEASE, start);

        assertThat(unknown.seen()).isFalse();
        assertThat(unknown.term()).isZero();
        assertThat(unknown.holder()).isNull();
        assertThat(unknown.shownHolder()).isNull();
        assertThat(unknown.validFor(start)).isZero();
        assertThat(unknown.lease()).hasToString("prod/app-lock");
        assertThat(unknown.reason().label()).isEqualTo("starting");
    }

    @Test
    void whoHasSeenTheLeaseKnowsWhatIsInIt() {
        Leadership following = following("pod\nb");

        assertThat(following.seen()).isTrue();
        assertThat(following.term()).isEqualTo(TERM);
        assertThat(following.holder()).isEqualTo("pod\nb");
        assertThat(following.shownHolder()).isEqualTo("pod\\nb");
        assertThat(following.reason().label()).isEqualTo("held_by_other");
    }

    /** The phase began, and the state of the Lease was seen a second later; it expires 15 s after that. */
    @ParameterizedTest(name = "held by {0}, after {1} s: {2} s")
    @CsvSource({"pod-b,16,0", "pod-b,17,1", "pod-b,2,0", ",1,0", ",3,2", "pod-a,3,3"})
    void whoFollowsCountsFromWhenTheLeaseWasFree(String holder, long after, long leaderless) {
        Leadership following = following(holder);
        ticker.advance(Duration.ofSeconds(after));

        assertThat(following.leaderlessFor(ticker.now())).isEqualTo(Duration.ofSeconds(leaderless));
    }

    @Test
    void whoHasSeenNothingCountsFromItsStart() {
        Leadership unknown = Leadership.unknown("pod-a", LEASE, start);
        ticker.advance(Duration.ofSeconds(3));

        assertThat(unknown.leaderlessFor(ticker.now())).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void whoLeadsCountsFromTheEndOfTheClaim() {
        Claim claim = new Claim(42, start.wall(), start, LENGTH);
        Leadership leading = state(Phase.LEADING, claim, "pod-a", Reason.Code.ACQUIRED);

        ticker.advance(LENGTH.minusNanos(1));
        assertThat(leading.leads(ticker.now())).isTrue();
        assertThat(leading.validFor(ticker.now())).isEqualTo(Duration.ofNanos(1));
        assertThat(leading.fencingToken(ticker.now())).hasValue(42);
        assertThat(leading.leaderlessFor(ticker.now())).isZero();

        ticker.advance(Duration.ofNanos(3));
        assertThat(leading.leads(ticker.now())).isFalse();
        assertThat(leading.fencingToken(ticker.now())).isEmpty();
        assertThat(leading.leaderlessFor(ticker.now())).isEqualTo(Duration.ofNanos(2));
    }

    private Leadership following(String holder) {
        return state(Phase.FOLLOWING, null, holder, Reason.Code.HELD_BY_OTHER);
    }

    private Leadership state(Phase phase, Claim claim, String holder, Reason.Code code) {
        long seen = start.nanos() + Duration.ofSeconds(1).toNanos();
        long expires = seen + Duration.ofSeconds(15).toNanos();
        ObservedLease lease = new ObservedLease(holder, TERM, 100, start.wall(), seen, expires);
        return new Leadership("pod-a", LEASE, phase, claim, lease, start, new Reason(code, "test"), null);
    }
}
