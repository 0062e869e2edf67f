package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The owner with which the Lease is to be deleted: the workload of our pod, never the pod. Adds a reference to it to
 * what is about to be written anyway, and writes nothing itself.
 *
 * <p>It is looked up for each Lease anew, a moment after that was first seen. A Lease in the place of a deleted one may
 * be there because the owner is gone; a reference to that would have it deleted again and again while its holder still
 * leads. So a Lease is held with none but an owner that was found since it was made. It is released with the last one
 * that was known, so that nothing is left of a workload that is gone.
 *
 * <p>Nothing else depends on it: what cannot be looked up, or is refused, is said and left out. Safe for use by many
 * threads.
 */
final class LeaseOwner {

    private static final Logger LOG = Logger.getLogger(LeaseOwner.class);

    /** Nothing may stand between the start and the first campaign. */
    static final Duration DELAY = Duration.ofSeconds(1);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
    private static final int UNPROCESSABLE = 422;

    private final LeaseRef ref;
    private final Optional<Lookup> lookup;
    private final ScheduledExecutorService executor;
    private final Backoff backoff;

    /** The Lease that was last seen. */
    private @Nullable String leaseUid;

    /** The last owner that was found. */
    private @Nullable OwnerReference known;

    /** Whether {@link #known} was found since the Lease was made. */
    private boolean present;

    private boolean givenUp;
    private @Nullable String said;

    /** Finds out what controls our pod. */
    interface Lookup {

        /** Does not block. Fails with a {@link LeaseApiException} when it is worth to ask again. */
        CompletableFuture<Answer> find();
    }

    /** What came of a lookup. */
    sealed interface Answer {

        /** The topmost controller. */
        record Found(OwnerReference owner) implements Answer {}

        /** There was one, and it is gone: our pod will go, too. */
        record Gone() implements Answer {}

        /** There is none; {@code why} is a sentence. */
        record None(String why) implements Answer {}
    }

    /**
     * @param lookup empty when the Lease is to have no owner
     * @param executor where the time until a lookup passes
     */
    LeaseOwner(LeaseRef ref, Optional<Lookup> lookup, ScheduledExecutorService executor, RandomGenerator random) {
        this.ref = ref;
        this.lookup = lookup;
        this.executor = executor;
        this.backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random);
    }

    /** {@code lease}, about to be written with us as its holder. */
    synchronized LeaseDocument on(LeaseDocument lease) {
        return known != null && present && lease.uid() != null && lease.uid().equals(leaseUid)
                ? lease.ownedBy(known)
                : lease;
    }

    /** {@code lease}, about to be released by us. */
    synchronized LeaseDocument onReleased(LeaseDocument lease) {
        return known == null ? lease : lease.ownedBy(known);
    }

    /** Takes note that {@code lease} is there; looks its owner up if it was not seen before. */
    synchronized void seen(LeaseDocument lease) {
        @Nullable String uid = lease.uid();
        if (lookup.isEmpty() || givenUp || uid == null || uid.equals(leaseUid)) {
            return;
        }
        leaseUid = uid;
        present = false;
        backoff.reset();
        askIn(DELAY, uid, lookup.get());
    }

    /** Takes note of a write that failed: leaves the owner out from now on if it may have been for that. */
    synchronized void refused(@Nullable LeaseDocument before, LeaseDocument sent, LeaseApiException failure) {
        boolean added = known != null && sent.isOwnedBy(known) && (before == null || !before.isOwnedBy(known));
        if (added && (failure.forbidden() || failure.status() == UNPROCESSABLE)) {
            givenUp = true;
            known = null;
            say(failure.getMessage() + " It is left out until a restart.");
        }
    }

    private void askIn(Duration pause, String uid, Lookup whom) {
        try {
            var unused = executor.schedule(() -> ask(uid, whom), pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            // The election is closed.
        }
    }

    private void ask(String uid, Lookup whom) {
        if (isCurrent(uid)) {
            var unused = whom.find().whenComplete((answer, thrown) -> answered(uid, whom, answer, thrown));
        }
    }

    private synchronized boolean isCurrent(String uid) {
        return uid.equals(leaseUid) && !givenUp;
    }

    private synchronized void answered(String uid, Lookup whom, @Nullable Answer answer, @Nullable Throwable thrown) {
        if (!isCurrent(uid)) {
            return;
        }
        if (answer instanceof Answer.Found found) {
            found(found.owner());
        } else if (answer instanceof Answer.None none) {
            known = null;
            say(none.why());
        } else if (thrown != null) {
            say(String.valueOf(LeaseApiException.from(thrown).getMessage()));
            askIn(backoff.next(), uid, whom);
        }
    }

    private void found(OwnerReference owner) {
        if (!owner.equals(known) || said != null) {
            LOG.infof("LE-212 Lease %s gets the owner %s '%s'.", ref, owner.getKind(), owner.getName());
        }
        known = owner;
        present = true;
        said = null;
    }

    private void say(String why) {
        if (!why.equals(said)) {
            said = why;
            LOG.warnf("LE-213 Lease %s gets no owner, though LEASE_OWNER is 'workload': %s", ref, why);
        }
    }
}
