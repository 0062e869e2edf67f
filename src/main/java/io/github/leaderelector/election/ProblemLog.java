package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LastingProblem;
import io.github.leaderelector.leadership.Ticker;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/**
 * Logs lasting problems with the API server without flooding the log, see {@link LastingProblem}.
 *
 * <p>Problems are tracked for each kind of request: if reads succeed, writes may still fail. Safe for use by many
 * threads; logs without holding a lock.
 */
final class ProblemLog {

    private static final Logger LOG = Logger.getLogger(ProblemLog.class);

    private final Ticker ticker;
    private final Map<String, LastingProblem> problems = new ConcurrentHashMap<>();

    /** The kinds of request whose last request got no answer. */
    private final Set<String> unanswered = ConcurrentHashMap.newKeySet();

    ProblemLog(Ticker ticker) {
        this.ticker = ticker;
    }

    /** Records the {@code failure} of a {@code verb}; its message is one sentence. */
    void report(String verb, ApiException failure) {
        if (failure.status() == ApiException.NO_ANSWER) {
            unanswered.add(verb);
        } else {
            unanswered.remove(verb);
        }
        String text = String.valueOf(failure.getMessage());
        if (!problems.computeIfAbsent(verb, none -> new LastingProblem(ticker)).occurred(text)) {
            return;
        }
        switch (failure.status()) {
            case ApiException.NO_ANSWER -> LOG.warnf("LE-201 %s", text);
            case HttpURLConnection.HTTP_UNAUTHORIZED -> LOG.warnf("LE-202 %s", text);
            case HttpURLConnection.HTTP_FORBIDDEN -> LOG.warnf("LE-203 %s", text);
            case HttpURLConnection.HTTP_NOT_FOUND -> LOG.warnf("LE-204 %s", text);
            default -> LOG.warnf("LE-205 %s", text);
        }
    }

    /**
     * Records a success of {@code verb}. The API server answers again, so unanswered requests of other kinds count as
     * interrupted, too; their pauses go on if they fail again.
     */
    void solved(String verb) {
        boolean ended = false;
        for (Map.Entry<String, LastingProblem> problem : problems.entrySet()) {
            if (problem.getKey().equals(verb)) {
                ended |= problem.getValue().ended();
            } else if (unanswered.contains(problem.getKey())) {
                ended |= problem.getValue().interrupted();
            }
        }
        unanswered.remove(verb);
        if (ended) {
            LOG.info("LE-209 The API server answers without errors again.");
        }
    }
}
