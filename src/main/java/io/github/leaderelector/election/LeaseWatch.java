package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a watch on the Lease open, passes its events to the view, and decides whether the watch is trusted.
 *
 * <p>A watch is trusted after it has shown the current state of the Lease once, until it breaks or misses a version:
 * each version that a read or a write has shown must arrive by watch, too. A watch that ends is opened again after a
 * random pause between zero and a bound that grows, so that the watches of many sidecars do not all come back at the
 * same moment after a restart of the API server. For the election's thread only.
 */
final class LeaseWatch {

    private static final Logger LOG = Logger.getLogger(LeaseWatch.class);
    private static final Duration FIRST_BOUND = Duration.ofSeconds(1);
    private static final Duration LAST_BOUND = Duration.ofSeconds(4);
    private static final Duration FORBIDDEN_PAUSE = Duration.ofSeconds(30);

    /**
     * An API server that has just started refuses all requests for some seconds, until it has loaded the permissions.
     */
    private static final int REFUSALS_THAT_MAY_PASS = 3;

    /** How many watches in a row must open and show nothing before that is reported. */
    private static final int SILENT_WATCHES = 3;

    private static final Duration GRACE_BEFORE_DISTRUST = Duration.ofSeconds(1);
    private static final Duration GRACE_BEFORE_REOPENING = Duration.ofSeconds(3);

    private final LeaseApi api;
    private final LeaseReader reader;
    private final LeaseView view;
    private final ElectionThread thread;
    private final RandomGenerator random;
    private final ElectionThread.Alarm reopening;
    /** Set while the watch has not shown a version that a read or a write has shown. */
    private final ElectionThread.Alarm missing;

    private @Nullable Attempt present;
    private boolean closed;
    private int refusals;
    private int silent;
    private boolean reported;
    private Duration pauseBound = FIRST_BOUND;

    /** @param api its answers arrive on {@code thread} */
    LeaseWatch(LeaseApi api, LeaseReader reader, LeaseView view, ElectionThread thread, RandomGenerator random) {
        this.api = api;
        this.reader = reader;
        this.view = view;
        this.thread = thread;
        this.random = random;
        this.reopening = thread.alarm();
        this.missing = thread.alarm();
        view.subscribe(this::compare);
    }

    /** Opens the watch, and opens it again each time it ends. */
    void open() {
        if (!closed && present == null) {
            Attempt attempt = new Attempt();
            present = attempt;
            var unused = api.watch(attempt).whenComplete(attempt::opened);
        }
    }

    /** Closes the watch for good. */
    void close() {
        closed = true;
        reopening.cancel();
        abandon();
    }

    private void abandon() {
        Attempt old = present;
        present = null;
        missing.cancel();
        view.setCurrent(false);
        if (old != null && old.open != null) {
            old.open.close();
        }
    }

    private void ended(ApiException cause) {
        abandon();
        Duration pause = nextPause(cause);
        LOG.debugf("watch ended: %s; again in %d ms", cause.getMessage(), pause.toMillis());
        reopening.set(pause, this::open);
    }

    private Duration nextPause(ApiException cause) {
        refusals = cause.status() == ApiException.NO_ANSWER ? 0 : refusals + 1;
        if (refusals > REFUSALS_THAT_MAY_PASS || silent > SILENT_WATCHES) {
            if (!reported) {
                reported = true;
                LOG.warnf(
                        "LE-208 %s Without it a follower has to ask at every retry period and notices a release only"
                                + " then.",
                        cause.getMessage());
            }
            if (cause.forbidden()) {
                return FORBIDDEN_PAUSE;
            }
        }
        Duration bound = pauseBound;
        pauseBound = bound.multipliedBy(2).compareTo(LAST_BOUND) < 0 ? bound.multipliedBy(2) : LAST_BOUND;
        return Duration.ofNanos(random.nextLong(bound.toNanos()));
    }

    /** Compares the versions that have arrived by watch with those that the view knows. */
    private void compare() {
        Attempt attempt = present;
        if (attempt == null || attempt.open == null) {
            return;
        }
        if (view.version() <= attempt.arrivedVersion) {
            missing.cancel();
            view.setCurrent(attempt.trusted);
        } else if (!missing.isSet()) {
            missing.set(GRACE_BEFORE_DISTRUST, () -> distrust(attempt));
        }
    }

    private void distrust(Attempt attempt) {
        view.setCurrent(false);
        missing.set(GRACE_BEFORE_REOPENING.minus(GRACE_BEFORE_DISTRUST), () -> {
            silent = attempt.shown ? 0 : silent + 1;
            ended(new ApiException(ApiException.NO_ANSWER, "The watch does not deliver what reads show.", null));
        });
    }

    /**
     * One watch, from its request to its end. Events of an abandoned watch are still true, but do not make it trusted.
     */
    private final class Attempt implements LeaseApi.WatchListener {

        private final long readsBefore = reader.begun();
        private LeaseApi.@Nullable Watch open;
        private boolean shown;
        private boolean trusted;
        private long arrivedVersion;

        private boolean isPresent() {
            return present == this;
        }

        void opened(LeaseApi.@Nullable Watch opened, @Nullable Throwable thrown) {
            if (!isPresent()) {
                if (opened != null) {
                    opened.close();
                }
            } else if (opened == null) {
                ended(ApiException.from(thrown == null ? new IllegalStateException("no watch") : thrown));
            } else {
                open = opened;
                // The Lease may not exist; a watch does not report that.
                var unused = reader.readAfter(readsBefore).whenComplete((done, failure) -> compared(failure));
            }
        }

        private void compared(@Nullable Throwable failure) {
            if (!isPresent()) {
                return;
            }
            if (failure != null && !shown) {
                ended(ApiException.from(failure));
                return;
            }
            trusted = true;
            view.setCurrent(true);
            refusals = 0;
            pauseBound = FIRST_BOUND;
            if (view.document().isEmpty()) {
                // There is no Lease, so no event can arrive.
                arrivedVersion = Math.max(arrivedVersion, view.version());
            }
            compare();
        }

        @Override
        public void changed(LeaseDocument lease) {
            thread.execute(() -> {
                arrived(lease.version());
                view.seen(lease);
            });
        }

        @Override
        public void deleted(LeaseDocument lease) {
            thread.execute(() -> {
                arrived(lease.version());
                view.deleted(lease);
            });
        }

        private void arrived(long version) {
            if (isPresent()) {
                shown = true;
                silent = 0;
                arrivedVersion = Math.max(arrivedVersion, version);
                compare();
            }
        }

        @Override
        public void closed(ApiException cause) {
            thread.execute(() -> {
                if (isPresent()) {
                    ended(cause);
                }
            });
        }
    }
}
