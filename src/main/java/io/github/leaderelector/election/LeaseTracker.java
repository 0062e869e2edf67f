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
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * judged. Every news is passed on to the hub, in order.
 *
 * <p>Safe for use by many threads.
 */
final class LeaseTracker {

    /** Writes that may have gone through without an answer; those of half an hour, with the default retry period. */
    private static final int REMEMBERED_WRITES = 1_000;

    private static final Logger LOG = Logger.getLogger(LeaseTracker.class);

    private final String identity;
    private final Duration leaseDuration;
    private final Consumer<Observation> observer;
    private final Ticker ticker;
    private final Runnable onChange;

    /**
     * Our writes by their renewTime, by which a seen state is recognized as ours; in the order in which they were sent.
     */
    private final Map<Instant, OwnWrite> ownWrites = new LinkedHashMap<>();

    private boolean known;
    private @Nullable LeaseDocument document;
    private long version;
    /** Whether {@link #version} is a guess, of a Lease that a read did not find. */
    private boolean versionGuessed;

    private long observedNanos;
    private long previousObservedNanos;
    private @Nullable Hold hold;
    private boolean fromPreviousLife;
    private Instant lastRenewTime = Instant.EPOCH;

    /**
     * The state that the Lease was put back to, while it is in that state; whoever wrote it may not hold it any more.
     */
    private @Nullable LeaseDocument putBack;

    private record OwnWrite(Moment sent, boolean acknowledged) {}

    /** The last holding of the Lease that has not been released by its holder. */
    private record Hold(String holder, boolean ours, long observedNanos, Duration duration) {
        long untilNanos() {
            return observedNanos + duration.toNanos();
        }
    }

    /**
     * @param identity who we are
     * @param leaseDuration the duration of a Lease that tells none
     * @param observer who is told all news, in order: the hub
     * @param onChange called after each change of the Lease's state, or of who comes next, from whatever thread brought
     *     the news; must return at once
     */
    LeaseTracker(
            String identity, Duration leaseDuration, Consumer<Observation> observer, Ticker ticker, Runnable onChange) {
        this.identity = identity;
        this.leaseDuration = leaseDuration;
        this.observer = observer;
        this.ticker = ticker;
        this.onChange = onChange;
    }

    /** The Lease was seen by a watch or a read. */
    void seen(LeaseDocument lease) {
        apply(lease, lease.version());
    }

    /** A watch saw the Lease being deleted. */
    void deleted(LeaseDocument last) {
        apply(null, last.version());
    }

    /**
     * A read found no Lease.
     *
     * @param versionWhenSent {@link #version} when the read was sent: if anything newer was seen since, the read may be
     *     older than that
     */
    void absent(long versionWhenSent) {
        synchronized (this) {
            // A version made up again and again would overtake that of the next creation, which would then look old.
            boolean noNews = known && document == null;
            if (version != versionWhenSent || noNews) {
                return;
            }
        }
        apply(null, versionWhenSent + 1, true);
    }

    /**
     * A read's answer: either of {@link #seen} and {@link #absent}; or a sign that what was seen before is not so any
     * more.
     *
     * <p>A read shows nothing that is older than what was known when it was sent. If it seems to, the cluster's history
     * has begun anew, as after a restore of etcd; or the Lease was never gone, though a read had not found it. Whoever
     * went on to compare versions then would not believe anything until it is restarted.
     *
     * @param versionWhenSent {@link #version} when the read was sent
     */
    void read(Optional<LeaseDocument> answer, long versionWhenSent) {
        if (answer.isEmpty()) {
            absent(versionWhenSent);
            return;
        }
        LeaseDocument lease = answer.get();
        synchronized (this) {
            if (lease.version() < versionWhenSent && version == versionWhenSent) {
                beginAnew(lease);
            }
        }
        seen(lease);
    }

    private void beginAnew(LeaseDocument lease) {
        LOG.warnf(
                "LE-214 The Lease is at version %d and was at %d before: it was put back, as by a restore of etcd, or was"
                        + " missed by a read. It is taken as it is.",
                lease.version(), version);
        if (!versionGuessed) {
            // Between this state and the last that was seen somebody else may have led, and may still.
            ownWrites.clear();
            putBack = lease;
        }
        version = lease.version() - 1;
        versionGuessed = false;
        observer.accept(new HistoryBegunAnew());
    }

    /** A write of ours was acknowledged. */
    void written(LeaseDocument lease) {
        apply(lease, lease.version());
    }

    /**
     * A write of ours is about to be sent.
     *
     * @param sent the present moment
     * @return its renewTime, unlike that of any other write of this process; in microseconds, as the API stores it
     */
    synchronized Instant nextRenewTime(Moment sent) {
        Instant time = sent.wall().truncatedTo(ChronoUnit.MICROS);
        if (!time.isAfter(lastRenewTime)) {
            time = lastRenewTime.plus(1, ChronoUnit.MICROS);
        }
        lastRenewTime = time;
        ownWrites.put(time, new OwnWrite(sent, false));
        if (ownWrites.size() > REMEMBERED_WRITES) {
            @Nullable Instant present = document == null ? null : document.renewTime();
            // Not the one by which the Lease is ours.
            ownWrites.keySet().stream()
                    .filter(other -> !other.equals(present))
                    .findFirst()
                    .ifPresent(ownWrites::remove);
        }
        return time;
    }

    private void apply(@Nullable LeaseDocument lease, long newVersion) {
        apply(lease, newVersion, false);
    }

    private void apply(@Nullable LeaseDocument lease, long newVersion, boolean guessed) {
        boolean changed;
        boolean anotherSuccessor;
        synchronized (this) {
            boolean newer =
                    !known || newVersion > version || (versionGuessed && newVersion == version && lease != null);
            boolean awaited = lease != null && newVersion == version && unacknowledged(lease) != null;
            if (!newer && !awaited) {
                return;
            }
            boolean anew = putBack != null && lease == putBack;
            changed = !known || anew || stateChanged(lease);
            if (changed && !anew) {
                putBack = null;
            }
            anotherSuccessor = !Objects.equals(successor(document), successor(lease));
            if (changed) {
                previousObservedNanos = observedNanos;
                observedNanos = ticker.nanoTime();
            }
            fromPreviousLife = lease != null
                    && identity.equals(lease.holder())
                    && !isOwn(lease)
                    && (!known || (fromPreviousLife && !changed));
            updateHold(lease, changed);
            known = true;
            document = lease;
            version = newVersion;
            versionGuessed = guessed;
            forgetWritesBefore(lease);
            // Inside the lock, so that the hub hears of everything in order.
            observer.accept(observation(lease));
            LOG.debugf("Lease at version %d, holder '%s'", newVersion, lease == null ? null : lease.holder());
        }
        if (changed || anotherSuccessor) {
            onChange.run();
        }
    }

    /** What was sent before a write of ours that has gone through can do so no longer: it named an older version. */
    private void forgetWritesBefore(@Nullable LeaseDocument lease) {
        if (lease != null && isOwn(lease)) {
            Instant present = lease.renewTime();
            List<Instant> earlier = ownWrites.keySet().stream()
                    .takeWhile(time -> !time.equals(present))
                    .toList();
            earlier.forEach(ownWrites::remove);
        }
    }

    private static @Nullable String successor(@Nullable LeaseDocument lease) {
        return lease == null ? null : lease.successor();
    }

    private boolean stateChanged(@Nullable LeaseDocument lease) {
        if (document == null || lease == null) {
            return document != lease;
        }
        return !document.sameState(lease);
    }

    private void updateHold(@Nullable LeaseDocument lease, boolean changed) {
        String holder = lease == null ? null : lease.holder();
        if (lease != null && holder != null) {
            if (changed || hold == null) {
                hold = new Hold(holder, isOwn(lease), observedNanos, lease.duration(leaseDuration));
            }
        } else if (lease != null && lease.released() && changed) {
            hold = lease == putBack
                    ? new Hold("(whoever led before it was put back)", false, observedNanos, leaseDuration)
                    : null;
        }
        // Otherwise the Lease was deleted or emptied, which does not tell its holder to stop: the hold
        // stays until it expires.
    }

    private Observation observation(@Nullable LeaseDocument lease) {
        ObservedLease observed = observed(lease);
        OwnWrite own = lease == null ? null : unacknowledged(lease);
        if (lease != null && own != null) {
            Instant renewTime = Objects.requireNonNull(lease.renewTime());
            ownWrites.put(renewTime, new OwnWrite(own.sent(), true));
            return new WriteAcknowledged(observed, own.sent());
        }
        Writer writer = Writer.OTHER;
        if (lease != null && identity.equals(lease.holder())) {
            Writer namesake = fromPreviousLife || putBack != null ? Writer.FORMER_SELF : Writer.NAMESAKE;
            writer = isOwn(lease) ? Writer.US : namesake;
        }
        return new LeaseSeen(observed, writer, lease != null);
    }

    private ObservedLease observed(@Nullable LeaseDocument lease) {
        if (lease == null) {
            int term = document == null ? 0 : document.term();
            return new ObservedLease(null, term, version, null, observedNanos, observedNanos);
        }
        long expires = observedNanos + lease.duration(leaseDuration).toNanos();
        return new ObservedLease(
                lease.holder(), lease.term(), lease.version(), lease.renewTime(), observedNanos, expires);
    }

    private @Nullable OwnWrite unacknowledged(LeaseDocument lease) {
        if (!identity.equals(lease.holder())) {
            return null;
        }
        OwnWrite own = ownWrite(lease);
        return own == null || own.acknowledged() ? null : own;
    }

    private @Nullable OwnWrite ownWrite(LeaseDocument lease) {
        Instant renewTime = lease.renewTime();
        return renewTime == null ? null : ownWrites.get(renewTime);
    }

    private boolean isOwn(LeaseDocument lease) {
        return identity.equals(lease.holder()) && ownWrite(lease) != null;
    }

    /**
     * The Lease and what it means for us, both as of one moment: whoever judges one and writes another overwrites what
     * came in between.
     *
     * @param document the Lease as last seen; null when there is none, or none was seen yet
     * @param version see {@link LeaseTracker#version}
     */
    record View(@Nullable LeaseDocument document, long version, Standing standing) {

        boolean ours() {
            return standing instanceof Standing.Ours;
        }
    }

    /** The Lease and what it means for us now. */
    synchronized View view() {
        return new View(document, version, standing());
    }

    /** What the Lease means for us now. */
    synchronized Standing standing() {
        if (!known) {
            return new Standing.Unknown();
        }
        LeaseDocument lease = document;
        if (lease != null && isOwn(lease)) {
            return new Standing.Ours();
        }
        if (fromPreviousLife) {
            return new Standing.Free(observedNanos, false);
        }
        Hold held = hold;
        if (held == null) {
            return new Standing.Free(observedNanos, true);
        }
        boolean takenFromUs = held.ours() && (lease == null || lease.holder() == null);
        if (takenFromUs) {
            return new Standing.Free(observedNanos, false);
        }
        return ticker.nanoTime() - held.untilNanos() < 0
                ? new Standing.Held(held.holder(), held.untilNanos())
                : new Standing.Lapsed(held.untilNanos());
    }

    /** The Lease as last seen; empty when there is none, or none was seen yet. */
    synchronized Optional<LeaseDocument> document() {
        return Optional.ofNullable(document);
    }

    /** The highest version seen, or a lower bound of the Lease's deletion; 0 before anything was seen. */
    synchronized long version() {
        return version;
    }

    /** The monotonic time, in nanoseconds, at which the Lease was last seen to change. */
    synchronized long observedNanos() {
        return observedNanos;
    }

    /** How long the state before the present one lasted: of a renewed Lease, the renewal period. */
    synchronized Duration lastInterval() {
        return previousObservedNanos == 0 ? Duration.ZERO : Duration.ofNanos(observedNanos - previousObservedNanos);
    }
}
