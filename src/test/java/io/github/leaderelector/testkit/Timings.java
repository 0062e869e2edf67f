package io.github.leaderelector.testkit;

import java.time.Duration;

/**
 * The three times of an election.
 *
 * @param leaseDuration how long after its last renewal a Lease is left alone
 * @param renewDeadline how long a claim holds after its write was sent
 * @param retryPeriod the time between two renewals
 */
public record Timings(Duration leaseDuration, Duration renewDeadline, Duration retryPeriod) {

    /** The sidecar's defaults: 15 s, 10 s, 2 s. */
    public static final Timings DEFAULT =
            new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));

    /** For scenarios that would be long otherwise: 3 s, 2 s, 500 ms. */
    public static final Timings SHORT =
            new Timings(Duration.ofSeconds(3), Duration.ofSeconds(2), Duration.ofMillis(500));

    @Override
    public String toString() {
        return seconds(leaseDuration) + "/" + seconds(renewDeadline) + "/" + seconds(retryPeriod);
    }

    private static String seconds(Duration time) {
        return time.toMillis() % 1000 == 0
                ? String.valueOf(time.toSeconds())
                : String.valueOf(time.toMillis() / 1000.0);
    }
}
