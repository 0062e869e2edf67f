package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that the Lease names a successor of its holder: the one candidate that reaches for it at once when it
 * becomes free, while all others give it a head start.
 *
 * <p>Who comes first is settled when nobody is waiting for it: some time after a Lease has been seen held, one of its
 * followers writes its own name into it. So a handover is one write by the old leader and one by the new, however many
 * candidates there are. A successor has no right to the Lease, only the first turn; when it does not use it, the others
 * come.
 *
 * <p>In a rollout of a Deployment a new pod takes the place of a successor that is an old one, like the holder, and so
 * soon to be stopped, too: the lead then changes once, not with each old pod.
 *
 * <p>For one thread at a time, the election's.
 */
final class Succession {

    /** The followers of one Lease spread their writes over this time, so that hardly two of them collide. */
    static final Duration SPREAD = Duration.ofMillis(500);

    /** How much likelier a write is at the end of that time than at its beginning: e to the power of this. */
    private static final double STEEPNESS = 6;

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(30);

    private final LeaseTracker tracker;
    private final LeaseSession session;
    private final String identity;
    private final ScheduledExecutorService executor;
    private final RandomGenerator random;
    private final Runnable named;

    private boolean arrived;
    private Optional<String> outgoing = Optional.empty();
    private boolean candidate;
    private @Nullable Future<?> alarm;
    private CompletableFuture<?> writing = CompletableFuture.completedFuture(null);
    private boolean wasNamed;

    /** @param named called each time we become the successor */
    Succession(
            LeaseTracker tracker,
            LeaseSession session,
            String identity,
            ScheduledExecutorService executor,
            RandomGenerator random,
            Runnable named) {
        this.tracker = tracker;
        this.session = session;
        this.identity = identity;
        this.executor = executor;
        this.random = random;
        this.named = named;
    }

    /**
     * Looks whether a successor is missing.
     *
     * @param candidate whether we could be it: a candidate that would see the Lease become free at once
     */
    void evaluate(boolean candidate) {
        this.candidate = candidate;
        arrive();
        boolean isNamed = identity.equals(successor());
        if (isNamed && !wasNamed) {
            named.run();
        }
        wasNamed = isNamed;
        if (!missing()) {
            cancelAlarm();
        } else if (alarm == null && writing.isDone()) {
            standIn(turn(random));
        }
    }

    /** In a rollout, the Lease that a new pod finds is held by an old one. */
    private void arrive() {
        Standing standing = tracker.standing();
        if (arrived || standing instanceof Standing.Unknown) {
            return;
        }
        arrived = true;
        if (standing instanceof Standing.Held held) {
            Optional<String> revision = PodName.of(identity).revision();
            outgoing = PodName.of(held.holder())
                    .revision()
                    .filter(theirs -> revision.isPresent() && !revision.get().equals(theirs));
        }
    }

    private @Nullable String successor() {
        return tracker.document().map(LeaseDocument::successor).orElse(null);
    }

    private boolean missing() {
        // A namesake's successor would be itself.
        return candidate
                && tracker.standing() instanceof Standing.Held held
                && !held.holder().equals(identity)
                && (successor() == null || (isOutgoing(held.holder()) && isOutgoing(successor())));
    }

    private boolean isOutgoing(@Nullable String pod) {
        return pod != null && outgoing.isPresent() && PodName.of(pod).revision().equals(outgoing);
    }

    private void standIn(Duration pause) {
        alarm = schedule(this::stand, pause);
    }

    /**
     * When to write, at random: rather late than early. However many draw, few draw times near the earliest one, whose
     * write reaches the others before it is their turn. Receivers of a multicast that are not to answer all at once do
     * so, too (RandomBackoff in RFC 5401).
     */
    static Duration turn(RandomGenerator random) {
        double part = Math.log1p(random.nextDouble() * Math.expm1(STEEPNESS)) / STEEPNESS;
        return Duration.ofNanos((long) (part * SPREAD.toNanos()));
    }

    private void stand() {
        alarm = null;
        if (!missing()) {
            return;
        }
        writing = session.succeed();
        var unused = writing.whenComplete((done, thrown) -> execute(() -> stood(thrown)));
    }

    private void stood(@Nullable Throwable thrown) {
        boolean failed = thrown != null && !ApiException.from(thrown).conflict();
        if (failed && alarm == null) {
            standIn(PAUSE_AFTER_FAILURE);
        } else {
            evaluate(candidate);
        }
    }

    private void cancelAlarm() {
        if (alarm != null) {
            alarm.cancel(false);
            alarm = null;
        }
    }

    private void execute(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException stopped) {
            // The election is closed.
        }
    }

    private @Nullable Future<?> schedule(Runnable task, Duration delay) {
        try {
            return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException stopped) {
            return null;
        }
    }
}
