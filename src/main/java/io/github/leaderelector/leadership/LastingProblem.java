package io.github.leaderelector.leadership;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides when to log a lasting problem: at once when it is new, again after 1, 2, 4 and up to 32 minutes while it
 * lasts, and once when it is over.
 *
 * <p>If a problem alternates between a few texts, each text has pauses of its own. After {@value #MOST_TEXTS} different
 * texts, further new ones are not logged.
 *
 * <p>Does not log itself, so that nothing is logged while a lock is held. Safe for use by many threads.
 */
public final class LastingProblem {

    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(32);
    private static final int MOST_TEXTS = 8;

    private final Ticker ticker;
    private final Map<String, Pause> said = new HashMap<>();

    /** Whether the problem was logged and its end was not. */
    private boolean told;

    /**
     * The pause before a text is logged again.
     *
     * @param length the whole length
     * @param untilNanos its end, on the monotonic clock
     */
    private record Pause(Duration length, long untilNanos) {}

    /** @param ticker its monotonic clock measures the pauses */
    public LastingProblem(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * Records that the problem exists.
     *
     * @param text its current text; each text has pauses of its own
     * @return whether to log it now
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
     * Records that the problem is over; if it comes back, it is new.
     *
     * @return whether to log the end now: only if the problem was logged
     */
    public synchronized boolean ended() {
        boolean ended = told;
        told = false;
        said.clear();
        return ended;
    }

    /**
     * As {@link #ended}, but for a problem that may come back soon: its pauses go on then.
     *
     * @return whether to log the end now
     */
    public synchronized boolean interrupted() {
        boolean ended = told;
        told = false;
        return ended;
    }
}
