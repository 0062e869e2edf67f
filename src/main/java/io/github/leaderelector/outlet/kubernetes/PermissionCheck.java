package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.kubernetes.AccessReview;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;

/**
 * Asks the API server once whether an outlet has the permissions that it needs, and logs the missing ones; otherwise
 * only a leader would notice. Safe for use by many threads.
 */
final class PermissionCheck {

    private static final Logger LOG = Logger.getLogger(PermissionCheck.class);

    /** The check comes after the first attempt, so as not to delay it. */
    private static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final Api api;
    private final String namespace;
    private final String resource;
    private final List<String> verbs;
    private final String setting;
    private final Ticker ticker;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());
    private long nextNanos;
    private boolean asked;

    /**
     * @param resource of the core group, such as {@code pods}
     * @param setting which setting needs it
     */
    PermissionCheck(Api api, String namespace, String resource, List<String> verbs, String setting, Ticker ticker) {
        this.api = api;
        this.namespace = namespace;
        this.resource = resource;
        this.verbs = verbs;
        this.setting = setting;
        this.ticker = ticker;
        this.nextNanos = ticker.nanoTime() + DELAY.toNanos();
    }

    /** Asks, if it is due and was not answered yet. Does not block. */
    synchronized void run() {
        if (asked || ticker.nanoTime() - nextNanos < 0) {
            return;
        }
        asked = true;
        List<CompletableFuture<Boolean>> answers =
                verbs.stream().map(this::allowed).toList();
        var unused = CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, thrown) -> {
                    if (thrown != null) {
                        LOG.debugf("Permissions cannot be checked: %s", ForeignText.of(thrown));
                        askAgainUnlessRefused(thrown);
                    } else {
                        warn(verbs.stream()
                                .filter(verb ->
                                        !answers.get(verbs.indexOf(verb)).join())
                                .toList());
                    }
                });
    }

    /** If the API server does not allow the question, does not ask again. */
    private synchronized void askAgainUnlessRefused(Throwable thrown) {
        asked = thrown.getCause() instanceof ApiException failure && failure.refusedForGood();
        nextNanos = ticker.nanoTime() + backoff.next().toNanos();
    }

    private void warn(List<String> missing) {
        if (!missing.isEmpty()) {
            String list = String.join(", ", missing);
            LOG.warnf(
                    "LE-501 Not allowed to %s %s in namespace '%s', which %s needs; add to the Role of this ServiceAccount:"
                            + " %s.",
                    list, resource, namespace, setting, AccessReview.rule("", resource, list));
        }
    }

    private CompletableFuture<Boolean> allowed(String verb) {
        return api.send(
                        "POST",
                        AccessReview.PATH,
                        "application/json",
                        AccessReview.question(verb, "", resource, namespace, null))
                .thenApply(AccessReview::allows);
    }
}
