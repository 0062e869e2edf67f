package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Tells the user of a lasting problem with the API server without drowning the log: each new problem at once, the same
 * one again after twice as long each time, and its end.
 *
 * <p>Each kind of request has problems of its own: that reads are answered does not mean that writes are. Safe for use
 * by many threads.
 */
final class ProblemLog {

    private static final Logger LOG = Logger.getLogger(ProblemLog.class);
    private static final Duration FIRST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(32);

    private final Ticker ticker;
    private final Map<String, Problem> problems = new HashMap<>();

    /**
     * What is wrong with one kind of request.
     *
     * @param text one sentence
     * @param unanswered whether nobody answered it
     * @param pause how long it is not repeated
     * @param nextNanos when it may be
     * @param told whether it was, and its end was not
     */
    private record Problem(String text, boolean unanswered, Duration pause, long nextNanos, boolean told) {}

    ProblemLog(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Takes note of the {@code failure} of a {@code verb}; its message is one sentence. */
    synchronized void report(String verb, LeaseApiException failure) {
        String text = String.valueOf(failure.getMessage());
        long now = ticker.nanoTime();
        @Nullable Problem before = problems.get(verb);
        Duration pause = FIRST_PAUSE;
        if (before != null && before.text().equals(text)) {
            if (now - before.nextNanos() < 0) {
                return;
            }
            pause = before.pause().compareTo(LONGEST_PAUSE) < 0 ? before.pause().multipliedBy(2) : before.pause();
        }
        boolean unanswered = failure.status() == LeaseApiException.NO_ANSWER;
        problems.put(verb, new Problem(text, unanswered, pause, now + pause.toNanos(), true));
        switch (failure.status()) {
            case LeaseApiException.NO_ANSWER -> LOG.warnf("LE-201 %s", text);
            case HttpURLConnection.HTTP_UNAUTHORIZED -> LOG.warnf("LE-202 %s", text);
            case HttpURLConnection.HTTP_FORBIDDEN -> LOG.warnf("LE-203 %s", text);
            case HttpURLConnection.HTTP_NOT_FOUND -> LOG.warnf("LE-204 %s", text);
            default -> LOG.warnf("LE-205 %s", text);
        }
    }

    /**
     * Takes note that the API server did a {@code verb}: it can be reached again, also where it was not for others;
     * those have their pause all the same, should it go on failing them.
     */
    synchronized void solved(String verb) {
        @Nullable Problem same = problems.remove(verb);
        boolean ended = same != null && same.told();
        for (Map.Entry<String, Problem> other : problems.entrySet()) {
            Problem problem = other.getValue();
            if (problem.unanswered() && problem.told()) {
                ended = true;
                other.setValue(new Problem(problem.text(), true, problem.pause(), problem.nextNanos(), false));
            }
        }
        if (ended) {
            LOG.info("LE-209 The API server answers as it should again.");
        }
    }
}
