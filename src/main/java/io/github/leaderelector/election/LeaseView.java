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
 * The last known state of the Lease, merged from watch events, answers to reads and answers to writes in any order; and
 * what it means for us.
 *
 * <p>The state with the higher {@code resourceVersion} is newer. The view records, by the local monotonic clock, when
 * it first saw each state; this is the only time by which other holders are judged. Every change is passed on to the
 * hub, in order. For the election's thread only.
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
    /** Whether {@link #version} is only a lower bound, because a read did not find the Lease. */
    private boolean versionGuessed;

    private long observedNanos;
    private Duration lastInterval = Duration.ZERO;
    /** The last holding of the Lease that its holder has not released. */
    private @Nullable Hold hold;
    /** Whether the Lease had our name before our first write: we held it before a restart. */
    private boolean formerSelf;
    /** The state to which a restore put the Lease back, while it is in that state. Its holder may no longer hold it. */
    private @Nullable LeaseDocument restored;

    private boolean current;

    /**
     * @param identity our identity
     * @param leaseDuration the duration of a Lease that has none
     * @param hub receives every change, in order
     */
    LeaseView(String identity, Duration leaseDuration, Consumer<Observation> hub, Ticker ticker) {
        this.identity = identity;
        this.leaseDuration = leaseDuration;
        this.hub = hub;
        this.ticker = ticker;
    }

    /** Calls {@code observer} after each change of the state, or of whether it is {@link #current}. */
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

    /** A watch saw the deletion of the Lease; {@code last} has the version of the deletion. */
    void deleted(LeaseDocument last) {
        apply(null, last.version(), false);
    }

    /**
     * The answer to a read; empty when there is no Lease.
     *
     * <p>A consistent read never shows an older state than the one known when it was sent. If it seems to, then etcd
     * was restored and versions begin lower; or an earlier read wrongly found no Lease. The view then begins anew,
     * because it would otherwise ignore every state until a restart.
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
            // Only once: a bound that is raised again and again would overtake the version of the next creation.
            apply(null, versionWhenSent + 1, true);
        }
    }

    private void beginAnew(LeaseDocument lease) {
        LOG.warnf(
                "LE-214 The Lease is at version %d and was at %d before: it was put back, as by a restore of etcd, or was"
                        + " missed by a read. It is taken as it is.",
                lease.version(), version);
        if (!versionGuessed) {
            // Between the last known state and this one, another replica may have begun to lead, and may lead still.
            ownWrites.forget();
            restored = lease;
        }
        version = lease.version() - 1;
        versionGuessed = false;
        hub.accept(new HistoryBegunAnew());
    }

    /** A {@code renewTime} for the next write of ours; no other write of this process has the same. */
    Instant nextRenewTime(Moment sent) {
        return ownWrites.next(sent, document);
    }

    /** Sets whether the watch is trusted to show the current state. */
    void setCurrent(boolean isCurrent) {
        if (current != isCurrent) {
            current = isCurrent;
            changed();
        }
    }

    /** Whether the watch is trusted: this view then sees a change of the Lease when it happens. */
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
                // A renewal by a killed process may be stored after its successor has read the Lease and before the
                // successor writes.
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
        // Otherwise the Lease was deleted or emptied. Its holder does not know of that, so the hold stays until it
        // expires.
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

    /** What the Lease means for us at this moment. */
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

    /** The Lease as last seen; empty if there is none, or if it was not seen yet. */
    Optional<LeaseDocument> document() {
        return Optional.ofNullable(document);
    }

    /** The highest version seen, or a lower bound of the version of the Lease's deletion; 0 if nothing was seen yet. */
    long version() {
        return version;
    }

    /** The monotonic time, in nanoseconds, at which the Lease was last seen to change. */
    long observedNanos() {
        return observedNanos;
    }

    /** How long the previous state lasted. If the last change was a renewal, this is the renewal period. */
    Duration lastInterval() {
        return lastInterval;
    }

    /**
     * A holding of the Lease that its holder has not released.
     *
     * @param untilNanos the monotonic time, in nanoseconds, at which it expires
     */
    private record Hold(
            String holder, boolean ours, @Nullable Instant renewTime, long untilNanos) {

        /**
         * The holding that {@code lease} shows. Only its holder can shorten it, by a renewal. An edit by somebody else
         * cannot: a holder that is cut off does not see the edit and leads on.
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
