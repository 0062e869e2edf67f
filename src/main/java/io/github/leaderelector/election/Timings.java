package io.github.leaderelector.election;

import java.time.Duration;

/**
 * The three times of an election, as in client-go.
 *
 * @param leaseDuration how long others wait after they last saw the Lease renewed
 * @param renewDeadline how long a claim holds after the write that carries it was sent; shorter than the lease duration
 * @param retryPeriod how often a leader renews, and how often a candidate without a watch reads the Lease
 */
public record Timings(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

    private static final Duration LONGEST_REQUEST = Duration.ofMinutes(1);

    /**
     * How long one request may take: a third of the renew deadline, so that a leader survives two hung requests; not
     * less than a retry period, to tolerate a slow API server; at most a minute.
     */
    public Duration requestTimeout() {
        Duration third = renewDeadline.dividedBy(3);
        Duration timeout = third.compareTo(retryPeriod) > 0 ? third : retryPeriod;
        return timeout.compareTo(LONGEST_REQUEST) < 0 ? timeout : LONGEST_REQUEST;
    }
}
