package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The only writer of the Lease. Its callers decide when to write. It decides whether and what, by the same state of the
 * Lease that the write is based on.
 *
 * <p>No method blocks. Futures fail with an {@link ApiException}. For the election's thread only.
 */
final class LeaseWriter {

    /** How many times one write is tried if somebody else changes the Lease in between. */
    private static final int ATTEMPTS = 3;

    private final LeaseApi api;
    private final LeaseReader reader;
    private final LeaseView view;
    private final ElectionSettings settings;
    private final WorkloadMark mark;
    private final LeadershipHub hub;
    private final Ticker ticker;

    private @Nullable Moment lastAcknowledgedSent;
    private @Nullable Long heldBackUntilNanos;
    private CompletableFuture<?> holding = CompletableFuture.completedFuture(null);
    private long refusedVersion = -1;

    /** @param api its answers arrive on the election's thread */
    LeaseWriter(
            LeaseApi api,
            LeaseReader reader,
            LeaseView view,
            ElectionSettings settings,
            WorkloadMark mark,
            LeadershipHub hub,
            Ticker ticker) {
        this.api = api;
        this.reader = reader;
        this.view = view;
        this.settings = settings;
        this.mark = mark;
        this.hub = hub;
        this.ticker = ticker;
    }

    /** Whether a write is under way that takes or renews the Lease. */
    boolean holding() {
        return !holding.isDone();
    }

    /**
     * Takes the Lease if it is ours, free or expired. Reads it first, unless the view is current and shows it free. So
     * an expired Lease is taken only after the API server has confirmed that its holder has not renewed it.
     */
    CompletableFuture<Void> acquire() {
        Standing standing = view.standing();
        boolean certain = standing instanceof Standing.Ours || (standing instanceof Standing.Free && view.current());
        return certain ? hold(1) : reader.read().thenCompose(read -> hold(1));
    }

    /**
     * Renews the Lease while we lead.
     *
     * <p>Does nothing when our last write is younger than half a retry period: Fabric8's loop renews right after it has
     * begun, and in bursts after a stall.
     */
    CompletableFuture<Void> renew() {
        Moment last = lastAcknowledgedSent;
        if (!hub.leads()) {
            return refused("This replica does not lead.");
        }
        boolean writtenJustNow = last != null
                && ticker.now()
                                .since(last)
                                .compareTo(settings.timings().retryPeriod().dividedBy(2))
                        < 0;
        return writtenJustNow && view.standing() instanceof Standing.Ours
                ? CompletableFuture.completedFuture(null)
                : hold(ATTEMPTS);
    }

    private static <T> CompletableFuture<T> refused(String why) {
        return CompletableFuture.failedFuture(new ApiException(ApiException.NO_ANSWER, why, null));
    }

    private CompletableFuture<Void> hold(int attempts) {
        Standing standing = view.standing();
        if (hub.current().phase() == Phase.RESIGNED) {
            return refused("This replica is no candidate.");
        }
        if (standing instanceof Standing.Held held) {
            return refused("'" + ForeignText.name(held.holder()) + "' holds the Lease.");
        }
        if (standing instanceof Standing.Unknown) {
            return refused("The Lease has not been seen yet.");
        }
        if (heldBack()) {
            return refused("The API server asked to wait.");
        }
        Moment sent = ticker.now();
        @Nullable LeaseDocument judged = view.document().orElse(null);
        Instant renewTime = view.nextRenewTime(sent);
        LeaseDocument next = held(judged == null ? LeaseDocument.initial(settings.lease()) : judged, renewTime, sent);
        CompletableFuture<Void> written = (judged == null ? api.create(next) : api.replace(next)).thenAccept(stored -> {
            lastAcknowledgedSent = sent;
            view.seen(stored);
        });
        holding = written;
        long judgedVersion = view.version();
        boolean wasOurs = standing instanceof Standing.Ours;
        return written.exceptionallyCompose(
                thrown -> failed(ApiException.from(thrown), judgedVersion, wasOurs, attempts));
    }

    private LeaseDocument held(LeaseDocument judged, Instant renewTime, Moment sent) {
        boolean carriesOn = hub.current().leads(sent);
        Instant acquired = carriesOn ? judged.acquireTime() : null;
        // As in client-go: a change of the holder counts as a transition, and a new Lease begins at 0.
        boolean sameHolder = settings.identity().equals(judged.holder()) || judged.version() == 0;
        LeaseDocument base = carriesOn || judged.successor() == null ? judged : judged.withoutSuccessor();
        return mark.on(base)
                .heldBy(
                        settings.identity(),
                        settings.timings().leaseDuration(),
                        acquired == null ? renewTime : acquired,
                        renewTime,
                        // The API server accepts no larger number.
                        sameHolder || judged.term() == Integer.MAX_VALUE ? judged.term() : judged.term() + 1);
    }

    private CompletableFuture<Void> failed(ApiException failure, long judgedVersion, boolean wasOurs, int attempts) {
        heedRetryAfter(failure);
        if (!failure.conflict() && !failure.notFound()) {
            return CompletableFuture.failedFuture(failure);
        }
        // A trusted watch will show the change, unless it has not shown this version before either.
        boolean again = judgedVersion == refusedVersion;
        refusedVersion = judgedVersion;
        if (!wasOurs && view.current() && !again) {
            return CompletableFuture.failedFuture(failure);
        }
        return reader.read()
                .thenCompose(read -> wasOurs && attempts > 1 && view.standing() instanceof Standing.Ours
                        ? hold(attempts - 1)
                        : CompletableFuture.failedFuture(failure));
    }

    private boolean heldBack() {
        Long until = heldBackUntilNanos;
        return until != null && ticker.nanoTime() - until < 0;
    }

    /** Waits as long as the server asks, but leaves time for one more request before the claim ends. */
    private void heedRetryAfter(ApiException failure) {
        Duration wait = failure.retryAfter();
        if (wait == null) {
            return;
        }
        Moment now = ticker.now();
        Claim claim = hub.current().claim();
        if (claim != null) {
            Duration spare = claim.remaining(now).minus(settings.timings().requestTimeout());
            wait = wait.compareTo(spare) < 0 ? wait : spare;
        }
        heldBackUntilNanos = now.nanos() + wait.toNanos();
    }

    /**
     * Renews the Lease during a drain, if it is ours: other replicas go on waiting, but this one does not claim to
     * lead. The hub must have stopped claiming before.
     *
     * @return completes with whether it is still ours; fails if that is not known
     */
    CompletableFuture<Boolean> keep() {
        @Nullable LeaseDocument judged = view.document().orElse(null);
        if (judged == null || !(view.standing() instanceof Standing.Ours)) {
            return CompletableFuture.completedFuture(false);
        }
        Instant renewTime = view.nextRenewTime(ticker.now());
        Instant acquired = judged.acquireTime();
        LeaseDocument kept = judged.heldBy(
                settings.identity(),
                settings.timings().leaseDuration(),
                acquired == null ? renewTime : acquired,
                renewTime,
                judged.term());
        return api.replace(kept)
                .thenApply(stored -> {
                    view.seen(stored);
                    return true;
                })
                // A renewal of ours may have been under way, or another client may have changed or taken the Lease.
                .exceptionallyCompose(
                        thrown -> reader.read().thenApply(read -> view.standing() instanceof Standing.Ours));
    }

    /**
     * Clears the holder if it is us; completes with whether we are known not to hold the Lease. Before that, the hub
     * must have stopped claiming, and the observers must have acted on it.
     */
    CompletableFuture<Boolean> release() {
        if (hub.leads()) {
            throw new IllegalStateException("release before the claim was given up");
        }
        if (view.standing() instanceof Standing.Ours) {
            return release(ATTEMPTS);
        }
        // A write that takes the Lease may be under way, or may have succeeded without an answer. It would leave our
        // name in the Lease.
        return holding.handle((stored, thrown) ->
                        thrown == null || ApiException.from(thrown).refused())
                .thenCompose(
                        answered -> answered ? release(ATTEMPTS) : reader.read().thenCompose(read -> release(ATTEMPTS)))
                .exceptionally(thrown -> false);
    }

    private CompletableFuture<Boolean> release(int attempts) {
        @Nullable LeaseDocument judged = view.document().orElse(null);
        if (judged == null || !(view.standing() instanceof Standing.Ours)) {
            return withdrawAsSuccessor().thenApply(withdrawn -> true);
        }
        return api.replace(judged.releasedAt(ticker.wallTime().truncatedTo(ChronoUnit.MICROS)))
                .thenApply(stored -> {
                    view.seen(stored);
                    return true;
                })
                // A renewal that is not answered yet may have been stored before.
                .exceptionallyCompose(thrown -> attempts > 1
                        ? reader.read().thenCompose(read -> release(attempts - 1))
                        : CompletableFuture.completedFuture(false))
                .exceptionally(thrown -> false);
    }

    /**
     * Writes our name into the Lease as its holder's successor: one write that changes nothing else, and that fails if
     * the Lease has changed since it was last seen.
     */
    CompletableFuture<Void> nameSuccessor() {
        return view.document()
                .map(lease ->
                        api.replace(lease.withSuccessor(settings.identity())).thenAccept(view::seen))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /** Removes our name as successor from the Lease. A failure is ignored: the others only wait for the head start. */
    private CompletableFuture<Void> withdrawAsSuccessor() {
        return view.document()
                .filter(lease -> settings.identity().equals(lease.successor()))
                .map(lease -> api.replace(lease.withoutSuccessor())
                        .thenAccept(view::seen)
                        .exceptionally(thrown -> null))
                .orElseGet(() -> CompletableFuture.completedFuture(null));
    }
}
