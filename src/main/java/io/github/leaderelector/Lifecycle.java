package io.github.leaderelector;

import io.github.leaderelector.Outlet.Kind;
import io.github.leaderelector.apphealth.AppHealthWatch;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import io.quarkus.arc.All;
import io.quarkus.arc.ArcContainer;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The startup bean: starts and stops the packages in the order that the contract needs, and does nothing else.
 *
 * <p>Start: subscribe the outlets, remove the signs of an earlier process, campaign. Stop: stop claiming, wait until
 * the outlets show it, drain, release, and only then close.
 */
@Singleton
final class Lifecycle {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);

    private static final Reason SHUTDOWN = new Reason(Reason.Code.SHUTDOWN, "This replica is shutting down.");

    private static final Duration LINGER = Duration.ofMillis(100);

    /** How late a tick of the scheduler may be before the other timer replaces it. */
    private static final Duration OVERDUE = Duration.ofSeconds(3);

    /** How long the first campaign waits until the signs of an earlier process are removed. */
    private static final Duration CLEARING = Duration.ofSeconds(1);

    /** How long the last Event and the last hook may take after the release of the Lease. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private final LeadershipHub hub;
    private final Participation election;
    private final List<Outlet> outlets;
    private final Optional<AppHealthWatch> appHealth;
    private final Consumer<Runnable> everySecond;
    private final Ticker ticker;
    private volatile long lastTickNanos;
    private volatile boolean begun;
    private @Nullable CompletableFuture<Void> lastWords;

    /**
     * @param outlets in the order in which they are told
     * @param everySecond calls a task each second, by the monotonic clock and never twice at once
     */
    Lifecycle(
            LeadershipHub hub,
            Participation election,
            @All List<Outlet> outlets,
            Optional<AppHealthWatch> appHealth,
            Consumer<Runnable> everySecond,
            Ticker ticker) {
        this.hub = hub;
        this.election = election;
        this.outlets = outlets;
        this.appHealth = appHealth;
        this.everySecond = everySecond;
        this.ticker = ticker;
        this.lastTickNanos = ticker.nanoTime();
    }

    /** The startup bean, if it exists already; does not create it. */
    static Optional<Lifecycle> existing(ArcContainer container) {
        BeanManager beans = container.beanManager();
        @Nullable Bean<?> bean = beans.resolve(beans.getBeans(Lifecycle.class));
        return bean == null
                ? Optional.empty()
                : Optional.ofNullable(
                        (Lifecycle) beans.getContext(Singleton.class).get(bean));
    }

    /** Whether the election may have begun, so that a stop needs a handover. */
    boolean hasBegun() {
        return begun;
    }

    void start(@Observes StartupEvent event) {
        of(Kind.LASTING_SIGN).forEach(outlet -> outlet.subscribeTo(hub));
        CompletableFuture<Void> cleared = hub.told();
        for (Kind others : List.of(Kind.SIGN, Kind.REPORT)) {
            of(others).forEach(outlet -> outlet.subscribeTo(hub));
        }
        // If a sign cannot be removed, the hub logs it, the liveness probe fails, and each tick tries again.
        await(cleared, CLEARING, "A sign of an earlier life is not taken back yet");
        // In this order: either this method sees the stop, or the stop sees that the election has begun.
        begun = true;
        if (Exit.isShuttingDown()) {
            begun = false;
            return;
        }
        appHealth.ifPresent(AppHealthWatch::begin);
        everySecond.accept(this::second);
        election.start();
    }

    private List<Outlet> of(Kind kind) {
        return outlets.stream().filter(outlet -> outlet.kind() == kind).toList();
    }

    /** The tick that tells all outlets the state again, so that they repair their signs. */
    @Scheduled(every = "1s")
    void tick() {
        lastTickNanos = ticker.nanoTime();
        hub.retell();
    }

    /** Runs what must go on while the scheduler stands still, as it does after the wall clock was set back. */
    private void second() {
        appHealth.ifPresent(AppHealthWatch::poll);
        if (ticker.nanoTime() - lastTickNanos > OVERDUE.toNanos()) {
            hub.retell();
        }
    }

    /**
     * Runs before Quarkus closes the HTTP port, so that clients learn that this replica no longer leads, and the
     * application can report that it has drained.
     */
    void handOver(@Observes ShutdownDelayInitiatedEvent event) {
        election.stop(SHUTDOWN);
        linger();
        lastWords = lastWords();
    }

    void stop(@Observes ShutdownEvent event) {
        if (lastWords == null) {
            // The start has failed before the end.
            election.stop(SHUTDOWN);
            lastWords = lastWords();
        }
        await(lastWords, LAST_WORDS, "The last change was not told to everybody");
        election.close();
        outlets.forEach(Outlet::close);
    }

    private CompletableFuture<Void> lastWords() {
        return CompletableFuture.allOf(
                outlets.stream().map(outlet -> outlet.flush().get()).toArray(CompletableFuture<?>[]::new));
    }

    /**
     * Waits for a moment after the release, because the next leader, which may be on the same machine, needs the
     * processor.
     */
    private static void linger() {
        try {
            TimeUnit.NANOSECONDS.sleep(LINGER.toNanos());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CompletableFuture<Void> done, Duration limit, String otherwise) {
        try {
            done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException late) {
            LOG.debugf("%s: %s", otherwise, ForeignText.of(late));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
