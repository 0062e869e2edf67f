package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the user of a lasting problem with the API server without drowning the log: each new problem at once, the same
 * one again after twice as long each time, and its end.
 *
 * <p>Safe for use by many threads.
 */
final class ProblemLog {

    private static final Logger LOG = Logger.getLogger(ProblemLog.class);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(32);

    private final Ticker ticker;
    private @Nullable String problem;
    private long nextNanos;
    private Duration pause = FIRST_PAUSE;

    ProblemLog(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Takes note of {@code text}, one sentence. */
    synchronized void report(String text) {
        long now = ticker.nanoTime();
        if (text.equals(problem)) {
            if (now - nextNanos < 0) {
                return;
            }
            pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
        } else {
            pause = FIRST_PAUSE;
        }
        problem = text;
        nextNanos = now + pause.toNanos();
        LOG.warn(text);
    }

    /** Takes note that the API server did what it was asked. */
    synchronized void solved() {
        if (problem != null) {
            LOG.info("The API server answers as it should again.");
            problem = null;
        }
    }
}
