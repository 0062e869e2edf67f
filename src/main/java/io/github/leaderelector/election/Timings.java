package io.github.leaderelector.election;

import java.time.Duration;

/**
 * The three times of an election, as in client-go.
 *
 * @param leaseDuration how long others wait after they last saw the Lease renewed
 * @param renewDeadline how long a claim holds after the write that carries it was sent; shorter than the lease duration
 * @param retryPeriod how often a leader renews and a candidate without a watch asks
 */
public record Timings(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

    private static final Duration LONGEST_REQUEST = Duration.ofMinutes(1);

    /**
     * How long one request may take. Three hung requests fit in the renew deadline, so that a leader outlives two of
     * them; not less than a retry period, so that a slow API server can be lived with; but at most a minute.
     */
    public Duration requestTimeout() {
        Duration third = renewDeadline.dividedBy(3);
        Duration timeout = third.compareTo(retryPeriod) > 0 ? third : retryPeriod;
        return timeout.compareTo(LONGEST_REQUEST) < 0 ? timeout : LONGEST_REQUEST;
    }
}
