package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Observation.ApiFailed;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The three things one does with a Lease: look at it, hold it, release it. The one place that writes to the API.
 *
 * <p>Nothing here blocks. Looking and holding are for one caller at a time (the elector's loop); releasing may come at
 * any time, from any thread.
 */
final class LeaseSession {

    /** Attempts of one write when the Lease changes under our hands for reasons that are not ours. */
    private static final int ATTEMPTS = 3;

    private static final Logger LOG = Logger.getLogger(LeaseSession.class);

    private final LeaseApi api;
    private final LeaseRef ref;
    private final String identity;
    private final WorkloadMark mark;
    private final Timings timings;
    private final LeaseTracker tracker;
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final BooleanSupplier watchHealthy;
    private final ProblemLog problems;

    private volatile long lastCallNanos;
    private volatile @Nullable Moment lastAcknowledgedSent;
    private volatile @Nullable Long heldBackUntilNanos;
    private volatile CompletableFuture<?> writing = CompletableFuture.completedFuture(null);
    private volatile long refusedVersion = -1;

    /** Held while it is decided whether to write, and the write begun: so that a release comes before or after both. */
    private final Object deciding = new Object();

    LeaseSession(
            LeaseApi api,
            LeaseRef ref,
            String identity,
            WorkloadMark mark,
            Timings timings,
            LeaseTracker tracker,
            LeadershipHub hub,
            Ticker ticker,
            BooleanSupplier watchHealthy,
            ProblemLog problems) {
        this.api = api;
        this.ref = ref;
        this.identity = identity;
        this.mark = mark;
        this.timings = timings;
        this.tracker = tracker;
        this.hub = hub;
        this.ticker = ticker;
        this.watchHealthy = watchHealthy;
        this.problems = problems;
        this.lastCallNanos = ticker.nanoTime();
    }

    /** The monotonic time, in nanoseconds, at which the elector last called; tells a silent elector. */
    long lastCallNanos() {
        return lastCallNanos;
    }

    /**
     * What the Lease means for us now.
     *
     * <p>Answers from what was observed while that can be trusted: always when we hold the Lease, since our next write
     * would fail if that were wrong; else while the watch is healthy. Otherwise, and before a Lease is called
     * {@link Standing.Lapsed}, it asks the API server. Fails with a {@link ApiException}.
     */
    CompletableFuture<Standing> look() {
        lastCallNanos = ticker.nanoTime();
        Standing standing = tracker.standing();
        if (standing instanceof Standing.Ours) {
            return CompletableFuture.completedFuture(standing);
        }
        boolean trusted = standing instanceof Standing.Held || standing instanceof Standing.Free;
        if (trusted && watchHealthy.getAsBoolean()) {
            return CompletableFuture.completedFuture(standing);
        }
        return refresh().thenApply(done -> tracker.standing());
    }

    /** Reads the Lease from the API server. Fails with a {@link ApiException}. */
    CompletableFuture<Void> refresh() {
        long versionWhenSent = tracker.version();
        return noted("get", api.get()).thenAccept(lease -> tracker.read(lease, versionWhenSent));
    }

    /**
     * Looks, and takes the Lease if it is to be had, leaving a window for the next handover in it.
     *
     * @param drawn the pause that chance has given us, see {@link HandoverPause}; null when it was our turn
     */
    CompletableFuture<Void> reach(@Nullable Duration drawn) {
        return look().thenCompose(standing -> {
            if (!writing.isDone()) {
                return CompletableFuture.failedFuture(
                        new ApiException(ApiException.NO_ANSWER, "A write is under way.", null));
            }
            return hold(
                    1,
                    drawn == null
                            ? UnaryOperator.identity()
                            : lease -> lease.withHandoverWindow(HandoverPause.adapted(lease.handoverWindow(), drawn)));
        });
    }

    /**
     * Takes or renews the Lease: one write.
     *
     * <p>Does nothing when our last write is younger than half a retry period (Fabric8's elector renews right after
     * acquiring, and in bursts after a stall). Fails with a {@link ApiException} when we may not hold it now: because
     * another does, by our own monotonic clock and whatever the elector thinks; because we were told not to lead; or
     * because the server asked to wait.
     */
    CompletableFuture<Void> hold() {
        lastCallNanos = ticker.nanoTime();
        return hold(ATTEMPTS, UnaryOperator.identity());
    }

    private CompletableFuture<Void> hold(int attempts, UnaryOperator<LeaseDocument> finish) {
        LeaseTracker.View view;
        LeaseDocument next;
        CompletableFuture<Void> written;
        synchronized (deciding) {
            // What is written is what was judged: if the Lease has changed since, the write fails.
            view = tracker.view();
            ApiException refusal = refusal(view.standing());
            if (refusal != null) {
                return CompletableFuture.failedFuture(refusal);
            }
            Moment sent = ticker.now();
            if (view.ours() && writtenJustNow(sent)) {
                return CompletableFuture.completedFuture(null);
            }
            @Nullable LeaseDocument present = view.document();
            Instant renewTime = tracker.nextRenewTime(sent);
            next = finish.apply(
                    held(present == null ? LeaseDocument.initial(ref) : present, hub.current(), renewTime, sent));
            CompletableFuture<LeaseDocument> write =
                    present == null ? noted("create", api.create(next)) : noted("update", api.replace(next));
            written = write.thenAccept(stored -> {
                lastAcknowledgedSent = sent;
                tracker.written(stored);
            });
            writing = written;
        }
        return written.exceptionallyCompose(thrown -> holdFailed(thrown, view, attempts));
    }

    /**
     * Renews the Lease for nobody's claim, if it is ours: others wait on, and nothing else changes. The hub must have
     * stopped claiming before.
     *
     * @return completes with whether it is ours still; fails with a {@link ApiException} when that is not known
     */
    CompletableFuture<Boolean> keep() {
        LeaseTracker.View view = tracker.view();
        @Nullable LeaseDocument present = view.document();
        if (present == null || !view.ours()) {
            return CompletableFuture.completedFuture(false);
        }
        Instant renewTime = tracker.nextRenewTime(ticker.now());
        Instant acquired = present.acquireTime();
        return noted(
                        "update",
                        api.replace(present.heldBy(
                                identity,
                                timings.leaseDuration(),
                                acquired == null ? renewTime : acquired,
                                renewTime,
                                present.term())))
                .thenApply(stored -> {
                    tracker.written(stored);
                    return true;
                })
                // A renewal may have been under way, or somebody else may have changed or taken it.
                .exceptionallyCompose(
                        thrown -> refresh().thenApply(done -> tracker.standing() instanceof Standing.Ours));
    }

    private CompletionStage<Void> holdFailed(Throwable thrown, LeaseTracker.View view, int attempts) {
        ApiException failure = ApiException.from(thrown);
        heedRetryAfter(failure);
        boolean changedUnderOurHands = failure.conflict() || failure.notFound();
        if (!changedUnderOurHands) {
            return CompletableFuture.failedFuture(failure);
        }
        // A healthy watch will show what has changed, unless it has been silent since the same refusal before.
        boolean again = view.version() == refusedVersion;
        refusedVersion = view.version();
        if (!view.ours() && watchHealthy.getAsBoolean() && !again) {
            return CompletableFuture.failedFuture(failure);
        }
        return refresh()
                .thenCompose(done -> view.ours() && attempts > 1 && tracker.standing() instanceof Standing.Ours
                        ? hold(attempts - 1, UnaryOperator.identity())
                        : CompletableFuture.failedFuture(failure));
    }

    private @Nullable ApiException refusal(Standing standing) {
        if (hub.current().phase() == Phase.RESIGNED) {
            return new ApiException(ApiException.NO_ANSWER, "Not a candidate.", null);
        }
        if (standing instanceof Standing.Held held) {
            return new ApiException(409, "'" + held.holder() + "' holds the Lease.", null);
        }
        if (standing instanceof Standing.Unknown) {
            return new ApiException(ApiException.NO_ANSWER, "The Lease has not been seen yet.", null);
        }
        return heldBack() ? new ApiException(429, "The API server asked to wait.", null) : null;
    }

    private boolean heldBack() {
        Long until = heldBackUntilNanos;
        return until != null && ticker.nanoTime() - until < 0;
    }

    private boolean writtenJustNow(Moment now) {
        Moment last = lastAcknowledgedSent;
        return last != null
                && hub.leads()
                && now.since(last).compareTo(timings.retryPeriod().dividedBy(2)) < 0;
    }

    /**
     * Goes through the motions of {@link #hold} without effect: what would be written is made and thrown away, what is
     * sent is the Lease as it is, not to be stored.
     *
     * @return completes with whether there was something to rehearse with, and for; fails with a {@link ApiException}
     */
    CompletableFuture<Boolean> rehearse() {
        @Nullable LeaseDocument present = tracker.document().orElse(null);
        if (present == null || heldBack() || hub.current().phase() == Phase.RESIGNED || hub.leads()) {
            return CompletableFuture.completedFuture(false);
        }
        Moment now = ticker.now();
        LeaseDocument unused = held(present, hub.current(), now.wall(), now);
        return api.rehearse(present).thenApply(stored -> true);
    }

    private LeaseDocument held(LeaseDocument present, Leadership leadership, Instant renewTime, Moment sent) {
        boolean carriesOn = leadership.leads(sent);
        Instant acquired = carriesOn ? present.acquireTime() : null;
        // client-go counts a transition when the holder changes, and an absent Lease begins at 0.
        boolean sameHolder = identity.equals(present.holder()) || present.version() == 0;
        LeaseDocument base = carriesOn || present.successor() == null ? present : present.withoutSuccessor();
        return mark.on(base)
                .heldBy(
                        identity,
                        timings.leaseDuration(),
                        acquired == null ? renewTime : acquired,
                        renewTime,
                        present.term() + (sameHolder ? 0 : 1));
    }

    /**
     * Waits as long as the server asks, but not so long that a claim would end unrenewed: one more request must fit in
     * before.
     */
    private void heedRetryAfter(ApiException failure) {
        Duration wait = failure.retryAfter();
        if (wait == null) {
            return;
        }
        Moment now = ticker.now();
        Claim claim = hub.current().claim();
        if (claim != null) {
            Duration spare = claim.remaining(now).minus(timings.requestTimeout());
            wait = wait.compareTo(spare) < 0 ? wait : spare;
        }
        heldBackUntilNanos = now.nanos() + wait.toNanos();
    }

    /**
     * Clears the holder, if it is us; completes with whether the Lease is known to be free of us then. The hub must
     * have stopped claiming, and the observers must have heard of it, before.
     */
    CompletableFuture<Boolean> release() {
        if (hub.leads()) {
            throw new IllegalStateException("release before the claim was given up");
        }
        CompletableFuture<?> last;
        synchronized (deciding) {
            last = writing;
        }
        if (tracker.standing() instanceof Standing.Ours) {
            return release(ATTEMPTS);
        }
        // A write that takes the Lease may be under way, or gone through without an answer, and would
        // take it for nobody.
        return last.handle((stored, thrown) ->
                        thrown == null || ApiException.from(thrown).refused())
                .thenCompose(answered -> answered
                        ? release(ATTEMPTS)
                        : refresh().thenCompose(done -> release(ATTEMPTS)).exceptionally(thrown -> false));
    }

    private CompletableFuture<Boolean> release(int attempts) {
        LeaseTracker.View view = tracker.view();
        @Nullable LeaseDocument present = view.document();
        if (present == null || !view.ours()) {
            return withdraw().thenApply(done -> true);
        }
        Instant renewTime = ticker.wallTime().truncatedTo(java.time.temporal.ChronoUnit.MICROS);
        LeaseDocument released = present.releasedAt(renewTime);
        return noted("update", api.replace(released))
                .thenApply(stored -> {
                    tracker.written(stored);
                    return true;
                })
                .exceptionallyCompose(thrown -> {
                    if (attempts <= 1) {
                        return CompletableFuture.completedFuture(false);
                    }
                    // A renewal whose answer is not here yet may have gone through before.
                    return refresh().thenCompose(done -> release(attempts - 1));
                })
                .exceptionally(thrown -> false);
    }

    /**
     * Writes our name into the Lease as its holder's successor: one write that changes nothing else, and that fails if
     * the Lease has changed since it was last seen. Fails with a {@link ApiException}.
     */
    CompletableFuture<Void> succeed() {
        @Nullable LeaseDocument present = tracker.document().orElse(null);
        return present == null
                ? CompletableFuture.completedFuture(null)
                : noted("update", api.replace(present.withSuccessor(identity))).thenAccept(tracker::written);
    }

    /**
     * Takes our name out of the Lease, if we are named as successor; whether that worked matters to nobody for long.
     */
    private CompletableFuture<Void> withdraw() {
        @Nullable LeaseDocument present = tracker.document().orElse(null);
        return present == null || !identity.equals(present.successor())
                ? CompletableFuture.completedFuture(null)
                : noted("update", api.replace(present.withoutSuccessor())).handle((stored, thrown) -> null);
    }

    private <T> CompletableFuture<T> noted(String verb, CompletableFuture<T> answer) {
        long sent = ticker.nanoTime();
        return answer.whenComplete((value, thrown) -> {
            LOG.debugf("answered after %d us: %s", (ticker.nanoTime() - sent) / 1000, thrown == null ? "ok" : thrown);
            if (thrown == null) {
                problems.solved(verb);
                return;
            }
            ApiException failure = ApiException.from(thrown);
            if (!failure.conflict()) {
                problems.report(verb, failure);
                hub.observe(new ApiFailed(String.valueOf(failure.getMessage())));
            }
        });
    }
}
