package io.github.leaderelector.election;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a candidate waits, by chance, before it reaches for a Lease that has just become free, so that not all of
 * them do at the same instant.
 */
final class HandoverPause {

    private static final Duration WINDOW = Duration.ofMillis(10);

    private final RandomGenerator random;

    HandoverPause(RandomGenerator random) {
        this.random = random;
    }

    /** A pause for one occasion. */
    Duration draw() {
        return Duration.ofNanos(random.nextLong(WINDOW.toNanos()));
    }
}
