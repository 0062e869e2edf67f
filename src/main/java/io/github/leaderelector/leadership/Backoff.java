package io.github.leaderelector.leadership;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * The pauses between failing attempts: each twice as long as the one before, up to a longest one, minus a random part
 * of up to half, so that many replicas do not retry at the same moment.
 *
 * <p>For one thread at a time.
 */
public final class Backoff {

    private final Duration first;
    private final Duration longest;
    private final RandomGenerator random;
    private Duration next;

    /**
     * @param first the first pause, before the random part is subtracted
     * @param longest the longest one
     */
    public Backoff(Duration first, Duration longest, RandomGenerator random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.next = first;
    }

    /** The next pause, after one more failed attempt. */
    public Duration next() {
        Duration pause = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(longest) < 0 ? doubled : longest;
        return pause.minusNanos(random.nextLong(Math.max(1, pause.toNanos() / 2)));
    }

    /** Begins again with the first pause. */
    public void reset() {
        next = first;
    }
}
