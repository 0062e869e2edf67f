package io.github.leaderelector.outlet.hooks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.LastingProblem;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Posts the state, as {@code GET /leader} answers it, to {@code ON_LEADING_URL} or {@code ON_FOLLOWING_URL} when it has
 * changed. Created only if at least one of them is set.
 *
 * <p>A state is posted until the answer is 2xx, with growing pauses; a later state replaces it and cancels the POST
 * under way. The first known state counts as a change, because the application may have outlived an earlier sidecar. No
 * method blocks. Safe for use by many threads.
 */
@Singleton
public final class Hooks implements LeadershipObserver {

    private static final Logger LOG = Logger.getLogger(Hooks.class);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int FIRST_SUCCESS = 200;
    private static final int FIRST_REDIRECT = 300;

    private final Optional<URI> onLeading;
    private final Optional<URI> onFollowing;
    private final Sender sender;
    private final ObjectMapper json;
    private final Ticker ticker;
    private final Counter failures;
    private final LastingProblem problem;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    /** The fencing token of the tenure to post, empty for none; null before the first state. */
    private @Nullable OptionalLong told;

    /** Whether that was not answered 2xx yet. */
    private boolean due;

    private @Nullable CompletableFuture<Integer> underWay;
    private long nextTryNanos;

    /** The hooks that the settings name. */
    @Inject
    public Hooks(Settings settings, VertxSender sender, ObjectMapper json, Ticker ticker, MeterRegistry meters) {
        this(settings, (Sender) sender, json, ticker, meters);
    }

    Hooks(Settings settings, Sender sender, ObjectMapper json, Ticker ticker, MeterRegistry meters) {
        this.onLeading = settings.onLeading();
        this.onFollowing = settings.onFollowing();
        this.sender = sender;
        this.json = json;
        this.ticker = ticker;
        this.problem = new LastingProblem(ticker);
        this.failures = Counter.builder("leader_elector_hook_failures")
                .description("POSTs to hooks that were not answered 2xx")
                .register(meters);
    }

    /** Posts {@code leadership} if it has changed, or if the pause after a failed attempt is over. */
    @Override
    public synchronized void onLeadership(Leadership leadership) {
        if (leadership.phase() == Phase.UNKNOWN) {
            return;
        }
        Moment now = ticker.now();
        OptionalLong token = leadership.fencingToken(now);
        if (!token.equals(told)) {
            told = token;
            due = true;
            nextTryNanos = now.nanos();
            backoff.reset();
            cutOff();
        }
        if (due && underWay == null && now.nanos() - nextTryNanos >= 0) {
            post(token.isPresent() ? onLeading : onFollowing, leadership, now);
        }
    }

    private void cutOff() {
        CompletableFuture<Integer> overtaken = underWay;
        underWay = null;
        if (overtaken != null) {
            overtaken.cancel(true);
        }
    }

    private void post(Optional<URI> url, Leadership leadership, Moment now) {
        if (url.isEmpty()) {
            due = false;
            return;
        }
        CompletableFuture<Integer> answer = sender.post(url.get(), text(LeaderAnswer.of(leadership, now)));
        underWay = answer;
        var unused = answer.whenComplete((status, thrown) -> answered(answer, url.get(), status, thrown));
    }

    private String text(LeaderAnswer answer) {
        try {
            return json.writeValueAsString(answer);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private synchronized void answered(
            CompletableFuture<Integer> answer, URI url, @Nullable Integer status, @Nullable Throwable thrown) {
        if (underWay != answer) {
            return;
        }
        underWay = null;
        if (status != null && status >= FIRST_SUCCESS && status < FIRST_REDIRECT) {
            due = false;
            if (problem.ended()) {
                LOG.infof("LE-602 The hook '%s' was told.", withoutQuery(url));
            }
            return;
        }
        failures.increment();
        nextTryNanos = ticker.nanoTime() + backoff.next().toNanos();
        String why = status == null ? why(thrown) : "it answered " + status;
        if (problem.occurred(why)) {
            LOG.warnf(
                    "LE-601 The hook '%s' was not told: %s. Tried again until it answers 2xx or the state changes.",
                    withoutQuery(url), why);
        }
    }

    /** Completes when no POST is under way. */
    public synchronized CompletableFuture<Void> quiet() {
        return underWay == null ? CompletableFuture.completedFuture(null) : underWay.handle((status, thrown) -> null);
    }

    private static String why(@Nullable Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause == null || cause instanceof CancellationException ? "no answer in time" : ForeignText.of(cause);
    }

    /** The query may have a secret, which must not be logged. */
    private static String withoutQuery(URI url) {
        return url.getScheme() + "://" + url.getAuthority() + (url.getPath() == null ? "" : url.getPath());
    }
}
