package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.HistoryBegunAnew;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What has been seen of the Lease, merged from watch events, answers to reads and answers to writes, whatever their
 * order; and what that means for us.
 *
 * <p>Newer is what has the higher {@code resourceVersion}. The time at which the Lease was seen to change is taken from
 * the local monotonic clock, and moves only when the Lease's state does; it is the only clock by which others are
 * judged. All news is passed on to the hub, in order. For the election's thread only.
 */
final class LeaseView {

    private static final Logger LOG = Logger.getLogger(LeaseView.class);

    private final String identity;
    private final Duration leaseDuration;
    private final Consumer<Observation> hub;
    private final Ticker ticker;
    private final OwnWrites ownWrites = new OwnWrites();
    private final List<Runnable> observers = new ArrayList<>();

    private boolean known;
    private @Nullable LeaseDocument document;
    private long version;
    /** Whether {@link #version} is a guess, of a Lease that a read did not find. */
    private boolean versionGuessed;

    private long observedNanos;
    private Duration lastInterval = Duration.ZERO;
    /** The last holding of the Lease that has not been released by its holder. */
    private @Nullable Hold hold;
    /** Whether the Lease bears our name since before our first write: it was ours before a restart. */
    private boolean formerSelf;
    /** The state that the Lease was put back to, while it is in that state; its holder may not hold it any more. */
    private @Nullable LeaseDocument restored;

    private boolean current;

    /**
     * @param identity who we are
     * @param leaseDuration the duration of a Lease that tells none
     * @param hub who is told all news, in order
     */
    LeaseView(String identity, Duration leaseDuration, Consumer<Observation> hub, Ticker ticker) {
        this.identity = identity;
        this.leaseDuration = leaseDuration;
        this.hub = hub;
        this.ticker = ticker;
    }

    /** Calls {@code observer} after each change of what this view shows, or of whether it is {@link #current}. */
    void subscribe(Runnable observer) {
        observers.add(observer);
    }

    private void changed() {
        observers.forEach(Runnable::run);
    }

    /** The Lease was seen, by a watch, by a read, or as the answer to a write. */
    void seen(LeaseDocument lease) {
        apply(lease, lease.version(), false);
    }

    /** A watch saw the Lease being deleted; {@code last} has the version of the deletion. */
    void deleted(LeaseDocument last) {
        apply(null, last.version(), false);
    }

    /**
     * A read's answer; empty when there is no Lease.
     *
     * <p>A read shows nothing that is older than what was known when it was sent. If it seems to, the cluster's history
     * has begun anew, as after a restore of etcd; or the Lease was never gone, though a read had not found it. Who went
     * on to compare versions then would not believe anything until a restart.
     *
     * @param versionWhenSent {@link #version} when the read was sent
     */
    void read(Optional<LeaseDocument> answer, long versionWhenSent) {
        boolean noNewsSince = version == versionWhenSent;
        if (answer.isPresent()) {
            if (answer.get().version() < versionWhenSent && noNewsSince) {
                beginAnew(answer.get());
            }
            seen(answer.get());
        } else if (noNewsSince && !(known && document == null)) {
            // Only once: a version made up again and again would overtake that of the next creation.
            apply(null, versionWhenSent + 1, true);
        }
    }

    private void beginAnew(LeaseDocument lease) {
        LOG.warnf(
                "LE-214 The Lease is at version %d and was at %d before: it was put back, as by a restore of etcd, or was"
                        + " missed by a read. It is taken as it is.",
                lease.version(), version);
        if (!versionGuessed) {
            // Between this state and the last that was seen somebody else may have led, and may still.
            ownWrites.forget();
            restored = lease;
        }
        version = lease.version() - 1;
        versionGuessed = false;
        hub.accept(new HistoryBegunAnew());
    }

    /** The {@code renewTime} of a write of ours that is about to be sent; no other write of this process has it. */
    Instant nextRenewTime(Moment sent) {
        return ownWrites.next(sent, document);
    }

    /** Says whether the watch shows the present state, as far as can be told. */
    void setCurrent(boolean isCurrent) {
        if (current != isCurrent) {
            current = isCurrent;
            changed();
        }
    }

    /** Whether a change of the Lease would be seen when it happens: the watch can be trusted. */
    boolean current() {
        return current;
    }

    private void apply(@Nullable LeaseDocument lease, long newVersion, boolean guessed) {
        boolean newer = !known || newVersion > version || (versionGuessed && newVersion == version && lease != null);
        boolean awaited =
                lease != null && newVersion == version && acknowledgedNow(lease).isPresent();
        if (!newer && !awaited) {
            return;
        }
        boolean justRestored = lease != null && lease == restored;
        boolean stateChanged = !known || justRestored || !sameState(lease);
        if (stateChanged) {
            restored = justRestored ? restored : null;
            lastInterval = known ? Duration.ofNanos(ticker.nanoTime() - observedNanos) : Duration.ZERO;
            observedNanos = ticker.nanoTime();
        }
        formerSelf = lease != null
                && identity.equals(lease.holder())
                && !ownWrites.show(lease)
                // A renewal of a killed process may be stored after its successor has looked, and before it wrote.
                && (!known || (formerSelf && !ownWrites.anyAcknowledged()));
        updateHold(lease, stateChanged);
        known = true;
        document = lease;
        version = newVersion;
        versionGuessed = guessed;
        hub.accept(observation(lease));
        LOG.debugf("Lease at version %d, holder '%s'", newVersion, lease == null ? null : lease.holder());
        changed();
    }

    private boolean sameState(@Nullable LeaseDocument lease) {
        return (document == null || lease == null) ? document == lease : document.sameState(lease);
    }

    private void updateHold(@Nullable LeaseDocument lease, boolean stateChanged) {
        if (lease != null && lease.holder() != null) {
            if (stateChanged || hold == null) {
                hold = Hold.next(
                        hold,
                        lease,
                        isOwn(lease),
                        observedNanos + lease.duration(leaseDuration).toNanos());
            }
        } else if (lease != null && lease.released() && stateChanged) {
            hold = lease == restored
                    ? new Hold("(the leader before the restore)", false, null, observedNanos + leaseDuration.toNanos())
                    : null;
        }
        // Otherwise the Lease was deleted or emptied, which does not tell its holder to stop: the hold
        // stays until it expires.
    }

    private Observation observation(@Nullable LeaseDocument lease) {
        ObservedLease observed = observed(lease);
        Optional<Moment> sent = lease == null ? Optional.empty() : acknowledgedNow(lease);
        if (lease != null && isOwn(lease)) {
            ownWrites.acknowledge(lease);
        }
        if (sent.isPresent()) {
            return new WriteAcknowledged(observed, sent.get());
        }
        return new LeaseSeen(observed, writer(lease), lease != null);
    }

    private Writer writer(@Nullable LeaseDocument lease) {
        if (lease == null || !identity.equals(lease.holder())) {
            return Writer.OTHER;
        }
        if (isOwn(lease)) {
            return Writer.US;
        }
        return formerSelf || restored != null ? Writer.FORMER_SELF : Writer.NAMESAKE;
    }

    private ObservedLease observed(@Nullable LeaseDocument lease) {
        if (lease == null) {
            int term = document == null ? 0 : document.term();
            return new ObservedLease(null, term, version, null, observedNanos, observedNanos);
        }
        long expires = lease.holder() != null && hold != null ? hold.untilNanos() : observedNanos;
        return new ObservedLease(
                lease.holder(), lease.term(), lease.version(), lease.renewTime(), observedNanos, expires);
    }

    private Optional<Moment> acknowledgedNow(LeaseDocument lease) {
        return identity.equals(lease.holder()) ? ownWrites.unacknowledged(lease) : Optional.empty();
    }

    private boolean isOwn(LeaseDocument lease) {
        return identity.equals(lease.holder()) && ownWrites.show(lease);
    }

    /** What the Lease means for us now. */
    Standing standing() {
        if (!known) {
            return new Standing.Unknown();
        }
        if (document != null && isOwn(document)) {
            return new Standing.Ours();
        }
        if (formerSelf) {
            return new Standing.Free(observedNanos, false);
        }
        Hold held = hold;
        if (held == null) {
            return new Standing.Free(observedNanos, true);
        }
        boolean takenFromUs = held.ours() && (document == null || document.holder() == null);
        if (takenFromUs) {
            return new Standing.Free(observedNanos, false);
        }
        return ticker.nanoTime() - held.untilNanos() < 0
                ? new Standing.Held(held.holder(), held.untilNanos())
                : new Standing.Lapsed(held.untilNanos());
    }

    /** The Lease as last seen; empty when there is none, or none was seen yet. */
    Optional<LeaseDocument> document() {
        return Optional.ofNullable(document);
    }

    /** The highest version seen, or a lower bound of the Lease's deletion; 0 before anything was seen. */
    long version() {
        return version;
    }

    /** The monotonic time, in nanoseconds, at which the Lease was last seen to change. */
    long observedNanos() {
        return observedNanos;
    }

    /** How long the state before the present one lasted: of a renewed Lease, the renewal period. */
    Duration lastInterval() {
        return lastInterval;
    }

    /**
     * A holding of the Lease that has not been released by its holder.
     *
     * @param untilNanos the monotonic time, in nanoseconds, at which it expires
     */
    private record Hold(
            String holder, boolean ours, @Nullable Instant renewTime, long untilNanos) {

        /**
         * The holding that {@code lease} shows. Only the holder can shorten it, by renewing: what somebody else writes
         * over it does not reach a holder that is cut off, which leads on.
         */
        static Hold next(@Nullable Hold before, LeaseDocument lease, boolean ours, long untilNanos) {
            String holder = String.valueOf(lease.holder());
            long until = before == null || before.isRenewedBy(lease) || untilNanos - before.untilNanos() > 0
                    ? untilNanos
                    : before.untilNanos();
            return new Hold(holder, ours, lease.renewTime(), until);
        }

        private boolean isRenewedBy(LeaseDocument lease) {
            return holder.equals(lease.holder())
                    && lease.renewTime() != null
                    && !lease.renewTime().equals(renewTime);
        }
    }
}
