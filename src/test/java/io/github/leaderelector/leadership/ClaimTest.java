package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClaimTest {

    private static final Duration LENGTH = Duration.ofSeconds(10);
    private static final Duration NANO = Duration.ofNanos(1);

    private final ManualTicker ticker = new ManualTicker();
    private final Claim claim = new Claim(42, ManualTicker.START, ticker.now(), LENGTH);

    @Test
    void holdsUntilItsLengthAfterTheWriteWasSentAndNotANanosecondLonger() {
        ticker.advance(LENGTH.minus(NANO));
        assertThat(claim.holds(ticker.now())).isTrue();
        assertThat(claim.remaining(ticker.now())).isEqualTo(NANO);

        ticker.advance(NANO);
        assertThat(claim.holds(ticker.now())).isFalse();
        assertThat(claim.remaining(ticker.now())).isZero();

        ticker.advance(LENGTH);
        assertThat(claim.remaining(ticker.now())).isZero();
    }

    @Test
    void holdsAcrossAnOverflowOfTheMonotonicClock() {
        Moment sent = new Moment(Long.MAX_VALUE - 5, ManualTicker.START);
        Claim late = new Claim(42, ManualTicker.START, sent, Duration.ofNanos(10));

        assertThat(late.holds(new Moment(Long.MIN_VALUE + 3, ManualTicker.START)))
                .isTrue();
        assertThat(late.holds(new Moment(Long.MIN_VALUE + 4, ManualTicker.START)))
                .isFalse();
    }

    @Test
    void timeByWhichTheWallClockRanAheadCountsAsPassed() {
        ticker.advance(Duration.ofSeconds(1));
        ticker.stepWall(Duration.ofSeconds(4));
        assertThat(claim.remaining(ticker.now())).isEqualTo(Duration.ofSeconds(5));

        ticker.stepWall(Duration.ofSeconds(5));
        assertThat(claim.holds(ticker.now())).isFalse();
    }

    @Test
    void aWallClockThatIsSetBackDoesNotLengthenIt() {
        ticker.stepWall(Duration.ofHours(-1));
        ticker.advance(LENGTH.minus(NANO));
        assertThat(claim.remaining(ticker.now())).isEqualTo(NANO);
    }

    @Test
    void renewalCountsFromWhenTheLaterWriteWasSentAndKeepsTheToken() {
        ticker.advance(Duration.ofSeconds(3));
        Moment sent = ticker.now();
        ticker.advance(Duration.ofSeconds(2));

        Claim renewed = claim.renewed(sent);

        assertThat(renewed).isEqualTo(new Claim(42, ManualTicker.START, sent, LENGTH));
        assertThat(renewed.remaining(ticker.now())).isEqualTo(Duration.ofSeconds(8));
        assertThat(renewed.validUntilNanos()).isEqualTo(sent.nanos() + LENGTH.toNanos());
    }

    @Test
    void renewalByAnEarlierWriteChangesNothing() {
        Moment earlier = new Moment(claim.sent().nanos() - 1, ManualTicker.START);

        assertThat(claim.renewed(earlier)).isSameAs(claim);
        assertThat(claim.renewed(claim.sent())).isSameAs(claim);
    }
}
