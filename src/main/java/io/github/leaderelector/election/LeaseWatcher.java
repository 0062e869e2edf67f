package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a watch on the Lease open, and knows whether it can be trusted.
 *
 * <p>A watch is trusted from the first full view of the Lease after it opened, until it breaks or is caught missing
 * something: a version that a read or a write has shown must arrive by watch, too. That goes for the Lease as it was
 * found when the watch opened: a watch begins with what is there. It is opened again after a random pause from nothing
 * up to a bound that grows, so that the watches of many sidecars come back spread out over a second, although all broke
 * at once, as in a restart of the API server. Safe for use by many threads.
 */
final class LeaseWatcher {

    private static final Logger LOG = Logger.getLogger(LeaseWatcher.class);
    private static final Duration FIRST_BOUND = Duration.ofSeconds(1);
    private static final Duration LAST_BOUND = Duration.ofSeconds(4);
    private static final Duration FORBIDDEN_PAUSE = Duration.ofSeconds(30);

    /** An API server that has just started refuses everybody for some seconds, until it knows who may do what. */
    private static final int REFUSALS_THAT_MAY_PASS = 3;

    /** Watches that open and show nothing, one after the other, until it is said that none does. */
    private static final int SILENT_WATCHES = 3;

    private static final Duration GRACE_BEFORE_DISTRUST = Duration.ofSeconds(1);
    private static final Duration GRACE_BEFORE_REOPENING = Duration.ofSeconds(3);

    private final LeaseApi api;
    private final LeaseTracker tracker;
    private final LeaseSession session;
    private final Ticker ticker;
    private final ScheduledExecutorService executor;
    private final RandomGenerator random;
    private final Runnable onTrustChange;

    /** Counts the watches, so that what an abandoned one still says is not taken for the present's. */
    private long generation;

    private LeaseApi.@Nullable Watch watch;
    private boolean trusted;
    private boolean opening;
    private boolean shown;
    private boolean closed;
    private int refusals;
    private int silent;
    private boolean said;
    private Duration pauseBound = FIRST_BOUND;
    private long arrivedVersion;
    private @Nullable Long missingSinceNanos;

    LeaseWatcher(
            LeaseApi api,
            LeaseTracker tracker,
            LeaseSession session,
            Ticker ticker,
            ScheduledExecutorService executor,
            RandomGenerator random,
            Runnable onTrustChange) {
        this.api = api;
        this.tracker = tracker;
        this.session = session;
        this.ticker = ticker;
        this.executor = executor;
        this.random = random;
        this.onTrustChange = onTrustChange;
    }

    /** Whether what the watch showed last is the Lease's present state, as far as can be told. */
    synchronized boolean trusted() {
        return trusted && missingFor().compareTo(GRACE_BEFORE_DISTRUST) < 0;
    }

    /** Opens the watch. */
    void open() {
        long mine;
        synchronized (this) {
            if (closed || opening || watch != null) {
                return;
            }
            opening = true;
            shown = false;
            // It begins with what is there, whatever others have shown before.
            arrivedVersion = 0;
            mine = ++generation;
        }
        var unused = api.watch(new Listener(mine)).whenComplete((opened, thrown) -> opened(mine, opened, thrown));
    }

    private void opened(long mine, LeaseApi.@Nullable Watch opened, @Nullable Throwable thrown) {
        synchronized (this) {
            if (mine != generation || closed) {
                if (opened != null) {
                    opened.close();
                }
                return;
            }
            opening = false;
            watch = opened;
            missingSinceNanos = null;
        }
        if (thrown != null || opened == null) {
            ended(mine, ApiException.from(thrown == null ? new IllegalStateException() : thrown));
            return;
        }
        // The Lease may be absent, which a watch does not tell, or may have changed while it opened.
        var unused = session.refresh().whenComplete((done, failure) -> {
            if (failure == null || hasShown(mine)) {
                trust(mine);
            } else {
                ended(mine, ApiException.from(failure));
            }
        });
    }

    private synchronized boolean hasShown(long mine) {
        return mine == generation && shown;
    }

    private void trust(long mine) {
        synchronized (this) {
            if (mine != generation || closed || trusted) {
                return;
            }
            trusted = true;
            refusals = 0;
            pauseBound = FIRST_BOUND;
            if (tracker.document().isEmpty()) {
                // Nothing is there that could arrive.
                arrivedVersion = Math.max(arrivedVersion, tracker.version());
            }
        }
        onTrustChange.run();
    }

    private void ended(long mine, ApiException cause) {
        LeaseApi.Watch old;
        Duration wait;
        synchronized (this) {
            if (mine != generation || closed) {
                return;
            }
            generation++;
            old = watch;
            watch = null;
            opening = false;
            trusted = false;
            wait = nextPause(cause);
        }
        if (old != null) {
            old.close();
        }
        LOG.debugf("watch ended: %s; again in %d ms", cause.getMessage(), wait.toMillis());
        try {
            var unused = executor.schedule(this::open, wait.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            return;
        }
        onTrustChange.run();
    }

    private Duration nextPause(ApiException cause) {
        refusals = cause.status() == ApiException.NO_ANSWER ? 0 : refusals + 1;
        if (refusals > REFUSALS_THAT_MAY_PASS || silent > SILENT_WATCHES) {
            if (!said) {
                said = true;
                LOG.warnf(
                        "LE-208 %s Without it a follower has to ask at every retry period and notices a release only"
                                + " then.",
                        cause.getMessage());
            }
            if (cause.forbidden()) {
                return FORBIDDEN_PAUSE;
            }
        }
        Duration present = pauseBound;
        pauseBound = present.multipliedBy(2).compareTo(LAST_BOUND) < 0 ? present.multipliedBy(2) : LAST_BOUND;
        return Duration.ofNanos(random.nextLong(present.toNanos()));
    }

    /**
     * Compares what has arrived by watch with what is known otherwise; opens the watch again when it has been missing
     * something for too long. To be called now and then.
     */
    void check() {
        long mine;
        synchronized (this) {
            if (watch == null || closed) {
                return;
            }
            if (tracker.version() <= arrivedVersion) {
                missingSinceNanos = null;
                return;
            }
            if (missingSinceNanos == null) {
                missingSinceNanos = ticker.nanoTime();
            }
            if (missingFor().compareTo(GRACE_BEFORE_REOPENING) < 0) {
                return;
            }
            silent = shown ? 0 : silent + 1;
            mine = generation;
        }
        ended(mine, new ApiException(ApiException.NO_ANSWER, "The watch does not deliver what reads show.", null));
    }

    private Duration missingFor() {
        Long since = missingSinceNanos;
        return since == null ? Duration.ZERO : Duration.ofNanos(ticker.nanoTime() - since);
    }

    /** Closes the watch for good. */
    void close() {
        LeaseApi.Watch old;
        synchronized (this) {
            closed = true;
            trusted = false;
            old = watch;
            watch = null;
        }
        if (old != null) {
            old.close();
        }
    }

    private final class Listener implements LeaseApi.WatchListener {
        private final long mine;

        Listener(long mine) {
            this.mine = mine;
        }

        @Override
        public void changed(LeaseDocument lease) {
            arrived(lease.version());
            tracker.seen(lease);
        }

        @Override
        public void deleted(LeaseDocument lease) {
            arrived(lease.version());
            tracker.deleted(lease);
        }

        @Override
        public void closed(ApiException cause) {
            ended(mine, cause);
        }

        private void arrived(long version) {
            synchronized (LeaseWatcher.this) {
                if (mine == generation) {
                    shown = true;
                    silent = 0;
                    arrivedVersion = Math.max(arrivedVersion, version);
                    if (tracker.version() <= arrivedVersion) {
                        missingSinceNanos = null;
                    }
                }
            }
        }
    }
}
