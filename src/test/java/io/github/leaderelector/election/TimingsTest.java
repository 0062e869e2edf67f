package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimingsTest {

    @ParameterizedTest
    @CsvSource({"PT10S, PT2S, PT3.333333333S", "PT2S, PT1S, PT1S", "PT2000H, PT1H, PT1M", "PT10M, PT5M, PT1M"})
    void threeHungRequestsFitInTheRenewDeadlineAndNoneTakesLongerThanAMinute(
            Duration renewDeadline, Duration retryPeriod, Duration timeout) {
        Timings timings = new Timings(renewDeadline.multipliedBy(2), renewDeadline, retryPeriod);

        assertThat(timings.requestTimeout()).isEqualTo(timeout);
    }
}
