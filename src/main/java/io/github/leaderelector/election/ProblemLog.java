package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.net.HttpURLConnection;
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

    /** Takes note of {@code failure}, whose message is one sentence. */
    synchronized void report(LeaseApiException failure) {
        String text = String.valueOf(failure.getMessage());
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
        switch (failure.status()) {
            case LeaseApiException.NO_ANSWER -> LOG.warnf("LE-201 %s", text);
            case HttpURLConnection.HTTP_UNAUTHORIZED -> LOG.warnf("LE-202 %s", text);
            case HttpURLConnection.HTTP_FORBIDDEN -> LOG.warnf("LE-203 %s", text);
            case HttpURLConnection.HTTP_NOT_FOUND -> LOG.warnf("LE-204 %s", text);
            default -> LOG.warnf("LE-205 %s", text);
        }
    }

    /** Takes note that the API server did what it was asked. */
    synchronized void solved() {
        if (problem != null) {
            LOG.info("LE-209 The API server answers as it should again.");
            problem = null;
        }
    }
}
