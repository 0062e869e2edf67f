package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Asks the API server once whether an outlet has the permissions that it needs, and logs the missing ones; otherwise
 * only a leader would notice. Safe for use by many threads.
 */
public final class PermissionCheck {

    private static final Logger LOG = Logger.getLogger(PermissionCheck.class);

    /** The check comes after the first attempt, so as not to delay it. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final Function<JsonNode, CompletableFuture<JsonNode>> ask;
    private final String namespace;
    private final List<Permission> needed;
    private final String setting;
    private final Ticker ticker;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());
    private long nextNanos;
    private boolean asked;

    /**
     * Asks nothing yet.
     *
     * @param ask sends a SelfSubjectAccessReview and gives its answer
     * @param needed what is asked for
     * @param setting which setting needs it
     */
    public PermissionCheck(
            Function<JsonNode, CompletableFuture<JsonNode>> ask,
            String namespace,
            List<Permission> needed,
            String setting,
            Ticker ticker) {
        this.ask = ask;
        this.namespace = namespace;
        this.needed = List.copyOf(needed);
        this.setting = setting;
        this.ticker = ticker;
        this.nextNanos = ticker.nanoTime() + DELAY.toNanos();
    }

    /** Asks, if it is due and was not answered yet. Does not block. */
    public synchronized void run() {
        if (asked || ticker.nanoTime() - nextNanos < 0) {
            return;
        }
        asked = true;
        List<CompletableFuture<List<String>>> answers = needed.stream()
                .map(permission -> permission.missing(namespace, ask))
                .toList();
        var unused = CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, thrown) -> {
                    if (thrown != null) {
                        LOG.debugf("Permissions cannot be checked: %s", ForeignText.of(thrown));
                        askAgainUnlessRefused(thrown);
                    } else {
                        for (int i = 0; i < needed.size(); i++) {
                            warn(needed.get(i), answers.get(i).join());
                        }
                    }
                });
    }

    /** If the API server does not allow the question, does not ask again. */
    private synchronized void askAgainUnlessRefused(Throwable thrown) {
        asked = ApiException.from(thrown).refusedForGood();
        nextNanos = ticker.nanoTime() + backoff.next().toNanos();
    }

    private void warn(Permission permission, List<String> missing) {
        if (!missing.isEmpty()) {
            LOG.warnf(
                    "LE-501 Not allowed to %s %s in namespace '%s', which %s needs; add to the Role of this ServiceAccount:"
                            + " %s%s.",
                    String.join(", ", missing),
                    permission.resource(),
                    namespace,
                    setting,
                    permission.rule(missing),
                    permission.name() == null ? "" : ", resourceNames [" + permission.name() + "]");
        }
    }
}
