package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The order in which candidates take a Lease that has become free: first the successor that it names, after a head
 * start the others.
 *
 * <p>Who comes first is settled when nobody is waiting for it: some time after a Lease has been seen held, one of its
 * followers writes its own name into it. So a handover is one write by the old leader and one by the new, however many
 * candidates there are. A successor has no right to the Lease, only the first turn; when it does not use it, the others
 * come.
 *
 * <p>In a rollout of a Deployment a new pod takes the place of a successor that is an old one, like the holder, and so
 * soon to be stopped, too: the lead then changes once, not with each old pod.
 *
 * <p>For the election's thread only.
 */
final class Succession {

    /**
     * How far ahead of all others the successor is: long enough for a cold process to write, and for hundreds of others
     * to see it, even where they share one processor.
     */
    static final Duration HEAD_START = Duration.ofMillis(200);

    /** Candidates that come at the same time are spread over this time. */
    static final Duration PAUSE = Duration.ofMillis(100);

    /** The followers of one Lease spread the writes of their names over this time, so that hardly two collide. */
    static final Duration SPREAD = Duration.ofMillis(500);

    /** How much likelier a write is at the end of that time than at its beginning: e to the power of this. */
    private static final double STEEPNESS = 6;

    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(30);

    private final LeaseView view;
    private final LeaseWriter writer;
    private final String identity;
    private final RandomGenerator random;
    private final ElectionThread.Alarm naming;

    private boolean arrived;
    /** The revision that a rollout replaces by ours, if we came with one. */
    private Optional<String> outgoing = Optional.empty();

    private boolean writing;
    private long pauseVersion = -1;
    private Duration pause = Duration.ZERO;

    Succession(LeaseView view, LeaseWriter writer, String identity, ElectionThread thread, RandomGenerator random) {
        this.view = view;
        this.writer = writer;
        this.identity = identity;
        this.random = random;
        this.naming = thread.alarm();
    }

    /**
     * How long to wait before we take a Lease that others may want at the same moment; the same for one state of it.
     */
    Duration pause() {
        if (view.version() != pauseVersion) {
            pauseVersion = view.version();
            @Nullable String successor = successor();
            Duration drawn = Duration.ofNanos(random.nextLong(PAUSE.toNanos()));
            pause = successor == null ? drawn : drawn.plus(HEAD_START);
            if (identity.equals(successor)) {
                pause = Duration.ZERO;
            }
        }
        return pause;
    }

    /** Sees to it that the Lease names a successor, if we could be it. */
    void evaluate() {
        arrive();
        if (!missing()) {
            naming.cancel();
        } else if (!naming.isSet() && !writing) {
            naming.set(turn(random), this::nameUs);
        }
    }

    /** Names nobody until {@link #evaluate}. */
    void suspend() {
        naming.cancel();
    }

    /** In a rollout, the Lease that a new pod finds is held by an old one. */
    private void arrive() {
        Standing standing = view.standing();
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
        return view.document().map(LeaseDocument::successor).orElse(null);
    }

    private boolean missing() {
        // Only who would see the Lease become free at once; and not a namesake, whose successor would be itself.
        return view.current()
                && view.standing() instanceof Standing.Held held
                && !held.holder().equals(identity)
                && (successor() == null || (isOutgoing(held.holder()) && isOutgoing(successor())));
    }

    private boolean isOutgoing(@Nullable String pod) {
        return pod != null && outgoing.isPresent() && PodName.of(pod).revision().equals(outgoing);
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

    private void nameUs() {
        writing = true;
        var unused = writer.nameSuccessor().whenComplete((named, thrown) -> {
            writing = false;
            boolean failed = thrown != null && !ApiException.from(thrown).conflict();
            if (failed) {
                naming.set(PAUSE_AFTER_FAILURE, this::evaluate);
            } else {
                evaluate();
            }
        });
    }
}
