package io.github.leaderelector.leadership;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a problem that lasts is said: at once when it is new, again after 1, 2, 4 and up to 32 minutes while it
 * lasts, and once when it is over.
 *
 * <p>A problem whose text goes back and forth between a few sentences has each of them said as if it were the only one.
 * A text that never repeats itself is held back after {@value #MOST_TEXTS}.
 *
 * <p>Says nothing itself, so that nobody logs while a lock is held. Safe for use by many threads.
 */
public final class LastingProblem {

    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(32);
    private static final int MOST_TEXTS = 8;

    private final Ticker ticker;
    private final Map<String, Pause> said = new HashMap<>();

    /** Whether it was said, and its end was not. */
    private boolean told;

    /**
     * How long a text is not repeated.
     *
     * @param length how long in all
     * @param untilNanos when it is over
     */
    private record Pause(Duration length, long untilNanos) {}

    /** @param ticker whose monotonic clock the pauses follow */
    public LastingProblem(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Takes note that the problem is there.
     *
     * @param text what it is now; texts are told apart by it
     * @return whether it is to be said now
     */
    public synchronized boolean occurred(String text) {
        long now = ticker.nanoTime();
        @Nullable Pause before = said.get(text);
        if (before == null) {
            if (said.size() >= MOST_TEXTS) {
                said.values().removeIf(pause -> now - pause.untilNanos() >= 0);
            }
            if (said.size() >= MOST_TEXTS) {
                return false;
            }
            said.put(text, new Pause(FIRST_PAUSE, now + FIRST_PAUSE.toNanos()));
            told = true;
            return true;
        }
        if (now - before.untilNanos() < 0) {
            return false;
        }
        Duration doubled = before.length().multipliedBy(2);
        Duration pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
        said.put(text, new Pause(pause, now + pause.toNanos()));
        told = true;
        return true;
    }

    /**
     * Takes note that the problem is over; if it comes back, it is new.
     *
     * @return whether that is to be said now: the problem was said
     */
    public synchronized boolean ended() {
        boolean ended = told;
        told = false;
        said.clear();
        return ended;
    }

    /**
     * As {@link #ended}, but for a problem that may only seem to be over: if it comes back, its pauses go on.
     *
     * @return whether that is to be said now
     */
    public synchronized boolean interrupted() {
        boolean ended = told;
        told = false;
        return ended;
    }
}
