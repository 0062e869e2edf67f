package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Moment;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class OwnWritesTest {

    private static final Moment NOW = new Moment(0, ManualTicker.START);

    private final OwnWrites writes = new OwnWrites();

    private static LeaseDocument lease(Instant renewTime) {
        return LeaseDocument.initial(SimulatedCandidate.LEASE)
                .heldBy("pod-a", Duration.ofSeconds(15), renewTime, renewTime, 0);
    }

    private LeaseDocument sent(Moment when) {
        return lease(writes.next(when, null));
    }

    @Test
    void noTwoHaveTheSameTimeEvenIfTheClockIsSetBack() {
        Instant first = writes.next(NOW, null);
        Instant second = writes.next(NOW, null);
        Instant third = writes.next(new Moment(1, NOW.wall().minusSeconds(3600)), null);

        assertThat(first).isEqualTo(NOW.wall());
        assertThat(second).isAfter(first);
        assertThat(third).isAfter(second);
    }

    @Test
    void aLeaseShowsOneOfThemByItsTime() {
        LeaseDocument ours = sent(NOW);

        assertThat(writes.show(ours)).isTrue();
        assertThat(writes.show(lease(NOW.wall().plusSeconds(1)))).isFalse();
        assertThat(writes.show(LeaseDocument.initial(SimulatedCandidate.LEASE))).isFalse();
    }

    @Test
    void isUnacknowledgedUntilItWasSeen() {
        LeaseDocument ours = sent(NOW);
        assertThat(writes.unacknowledged(ours)).contains(NOW);
        assertThat(writes.anyAcknowledged()).isFalse();

        writes.acknowledge(ours);

        assertThat(writes.unacknowledged(ours)).isEmpty();
        assertThat(writes.anyAcknowledged()).isTrue();
        assertThat(writes.show(ours)).isTrue();
    }

    @Test
    void whatWasSentBeforeOneThatWasSeenCanNoLongerGoThrough() {
        LeaseDocument earlier = sent(NOW);
        LeaseDocument seen = sent(NOW);
        LeaseDocument later = sent(NOW);

        writes.acknowledge(seen);

        assertThat(writes.show(earlier)).isFalse();
        assertThat(writes.show(seen)).isTrue();
        assertThat(writes.unacknowledged(later)).contains(NOW);
    }

    @Test
    void theOneThatTheLeaseShowsIsRememberedHoweverManyFollow() {
        LeaseDocument shown = sent(NOW);
        LeaseDocument next = sent(NOW);
        for (int i = 0; i < 2_000; i++) {
            writes.next(NOW, shown);
        }

        assertThat(writes.show(shown)).isTrue();
        assertThat(writes.show(next)).isFalse();
    }

    @Test
    void noneIsOursAfterARestore() {
        LeaseDocument ours = sent(NOW);
        writes.acknowledge(ours);

        writes.forget();

        assertThat(writes.show(ours)).isFalse();
        assertThat(writes.anyAcknowledged()).isFalse();
    }
}
