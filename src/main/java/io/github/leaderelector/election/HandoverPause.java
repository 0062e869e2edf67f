package io.github.leaderelector.election;

import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How long a candidate waits, by chance, before it reaches for a Lease that has just become free, so that not all of
 * them do at the same instant.
 *
 * <p>The pause is drawn evenly from a window. How wide that must be depends on how many candidates there are, which
 * nobody knows; but the time until the first of them reaches tells: with n candidates it is an n-plus-first of the
 * window. So whoever takes the Lease leaves a window in it for the next time, wider if it came early, narrower if it
 * came late, and the first grasp settles at {@link #AIM} after the release, whatever n: two followers wait hardly at
 * all, two hundred spread out.
 */
final class HandoverPause {

    /** When the first candidate should reach: late enough that its success is seen by most before they do. */
    static final Duration AIM = Duration.ofMillis(2);

    /** The window of a Lease that carries none. */
    static final Duration FIRST_WINDOW = Duration.ofMillis(20);

    /**
     * How far ahead of all others the successor is, see {@link Succession}: long enough for a cold process to write,
     * and for hundreds of others to see it, even where they share one processor.
     */
    static final Duration HEAD_START = Duration.ofMillis(200);

    private static final Duration NARROWEST = Duration.ofMillis(4);
    private static final Duration WIDEST = Duration.ofSeconds(1);

    /** How much of the error one handover corrects; the pause of a single one is mostly chance. */
    private static final double GAIN = 0.4;

    private final RandomGenerator random;

    HandoverPause(RandomGenerator random) {
        this.random = random;
    }

    /**
     * A pause for one occasion.
     *
     * @param window what the Lease carries
     */
    Duration draw(Optional<Duration> window) {
        return Duration.ofNanos(
                random.nextLong(bounded(window.orElse(FIRST_WINDOW)).toNanos()));
    }

    /**
     * The window to leave in the Lease.
     *
     * @param window the window that was in it
     * @param pause the pause after which it was taken
     */
    static Duration adapted(Optional<Duration> window, Duration pause) {
        double late = Math.max(pause.toNanos(), AIM.toNanos() / 16) / (double) AIM.toNanos();
        double next = bounded(window.orElse(FIRST_WINDOW)).toNanos() * Math.pow(late, -GAIN);
        return bounded(Duration.ofNanos((long) next));
    }

    private static Duration bounded(Duration window) {
        if (window.compareTo(NARROWEST) < 0) {
            return NARROWEST;
        }
        return window.compareTo(WIDEST) > 0 ? WIDEST : window;
    }
}
