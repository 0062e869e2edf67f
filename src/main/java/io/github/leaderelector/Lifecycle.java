package io.github.leaderelector;

import io.github.leaderelector.apphealth.AppHealthWatch;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.election.Election;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.file.LeaderFile;
import io.github.leaderelector.outlet.hooks.Hooks;
import io.github.leaderelector.outlet.http.EventStreams;
import io.github.leaderelector.outlet.kubernetes.LeaderLabel;
import io.github.leaderelector.outlet.kubernetes.LeaseEvents;
import io.github.leaderelector.outlet.log.LeadershipLog;
import io.github.leaderelector.outlet.log.LogFields;
import io.github.leaderelector.outlet.metrics.LeadershipMetrics;
import io.github.leaderelector.text.ForeignText;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The startup bean: starts and stops the rooms in the order that the contract needs, and nothing else.
 *
 * <p>Start: take back what an earlier life left behind, let the outlets listen, campaign. Stop: stop claiming, let the
 * outlets show it, drain, release; and only then close.
 */
@Singleton
final class Lifecycle {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);

    private static final Reason SHUTDOWN = new Reason(Reason.Code.SHUTDOWN, "This replica is shutting down.");

    private static final Duration LINGER = Duration.ofMillis(100);

    private static final Duration POLL = Duration.ofSeconds(1);

    /** How long a tick may be missed. */
    private static final Duration OVERDUE = Duration.ofSeconds(3);

    /** How long the last words may take, when the Lease is released and nobody waits any more. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final LeadershipHub hub;
    private final Election election;
    private final LeaderFile file;
    private final EventStreams streams;
    private final LeadershipLog log;
    private final LogFields logFields;
    private final LeadershipMetrics metrics;
    private final @Nullable LeaderLabel label;
    private final @Nullable LeaseEvents events;
    private final @Nullable Hooks hooks;
    private final @Nullable AppHealthWatch appHealth;
    private final Ticker ticker;
    private final Vertx vertx;
    // The file has a thread of its own, since a file system may hang.
    private final ExecutorService fileThread = oneThread("leader-file");
    private final ExecutorService labelThread = oneThread("pod-label");
    private final ExecutorService outletThread = oneThread("outlets");
    private volatile long lastTickNanos;

    /** What is off is not even made: hence {@link Instance}. */
    Lifecycle(
            Settings settings,
            LeadershipHub hub,
            Election election,
            LeaderFile file,
            EventStreams streams,
            LeadershipLog log,
            LogFields logFields,
            LeadershipMetrics metrics,
            Instance<LeaderLabel> label,
            Instance<LeaseEvents> events,
            Instance<Hooks> hooks,
            Instance<AppHealthWatch> appHealth,
            Ticker ticker,
            Vertx vertx) {
        this.hub = hub;
        this.election = election;
        this.file = file;
        this.streams = streams;
        this.log = log;
        this.logFields = logFields;
        this.metrics = metrics;
        this.label = settings.leaderLabel().isPresent() ? label.get() : null;
        this.events = settings.kubernetesEvents() ? events.get() : null;
        this.hooks = settings.onLeading().isPresent() || settings.onFollowing().isPresent() ? hooks.get() : null;
        this.appHealth = settings.appHealth().isPresent() ? appHealth.get() : null;
        this.ticker = ticker;
        this.vertx = vertx;
        this.lastTickNanos = ticker.nanoTime();
    }

    void start(@Observes StartupEvent event) {
        logFields.signWith(hub.current());
        try {
            file.removeStale();
        } catch (IOException failure) {
            // Tried again with every tick; liveness fails until then.
            LOG.errorf("LE-303 %s", ForeignText.sentence(failure.getMessage()));
        }
        // Told in this order: what applications act on first.
        hub.subscribeSign("leader file", fileThread, file);
        hub.subscribeSign("event streams", streams.executor(), streams);
        if (label != null) {
            hub.subscribeSign("pod label", labelThread, label);
        }
        if (hooks != null) {
            hub.subscribe("hooks", outletThread, hooks);
        }
        hub.subscribe("log", outletThread, log);
        hub.subscribe("metrics", outletThread, metrics);
        if (events != null) {
            hub.subscribe("events", outletThread, events);
        }
        if (appHealth != null) {
            watchEachSecond(appHealth);
        }
        var unused = vertx.setPeriodic(OVERDUE.toMillis(), timer -> tickIfOverdue());
        election.start();
    }

    /** By a timer of Vert.x: the scheduler goes by the wall clock, and stands still for as long as that is set back. */
    private void watchEachSecond(AppHealthWatch health) {
        health.begin();
        var unused = vertx.setPeriodic(POLL.toMillis(), timer -> health.poll());
    }

    /** The tick that makes good what was lost or undone outside. */
    @Scheduled(every = "1s")
    void tick() {
        lastTickNanos = ticker.nanoTime();
        hub.retell();
    }

    /** In the scheduler's place, see {@link #watchEachSecond}. */
    private void tickIfOverdue() {
        if (ticker.nanoTime() - lastTickNanos > OVERDUE.toNanos()) {
            hub.retell();
        }
    }

    /**
     * Before Quarkus closes the HTTP port, so that who asks or listens meanwhile learns that we no longer lead, and the
     * application can say that it has drained.
     */
    void handOver(@Observes ShutdownDelayInitiatedEvent event) {
        election.stop(SHUTDOWN);
        linger();
        streams.close();
    }

    void stop(@Observes ShutdownEvent event) {
        // Done already, unless the start has failed half-way.
        election.stop(SHUTDOWN);
        awaitLastWords();
        election.close();
        fileThread.shutdownNow();
        labelThread.shutdownNow();
        outletThread.shutdownNow();
    }

    /**
     * Stands still for a moment after the release: the next leader, which may be on the same machine, has better use
     * for the processor than the end of this process.
     */
    private static void linger() {
        try {
            TimeUnit.NANOSECONDS.sleep(LINGER.toNanos());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitLastWords() {
        CompletableFuture<Void> written = events == null ? CompletableFuture.completedFuture(null) : events.flush();
        CompletableFuture<Void> posted = hooks == null ? CompletableFuture.completedFuture(null) : hooks.quiet();
        try {
            CompletableFuture.allOf(written, posted).get(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException unsaid) {
            LOG.debugf("The last change was not told to everybody: %s", ForeignText.of(unsaid));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecutorService oneThread(String name) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
