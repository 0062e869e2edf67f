package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Backoff;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Lets a candidate practise taking the lead: a little in the first seconds of its life, and thoroughly once its turn is
 * next.
 *
 * <p>The first write of a Java process takes several times as long as the hundredth: classes are loaded, code is
 * compiled, a connection is opened. A follower's first write would be the one that everybody waits for.
 *
 * <p>An API server that refuses a rehearsal has more important things to do, such as the start of a thousand others: it
 * is left in peace for longer and longer, and for good when it does not take rehearsals at all.
 *
 * <p>For one thread at a time, the election's.
 */
final class Rehearsal implements Runnable {

    private static final int A_LITTLE = 10;
    private static final int THOROUGHLY = 100;
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final int REFUSALS = 10;
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final LeaseSession session;
    private final ScheduledExecutorService executor;
    private final Backoff backoff;
    private int done;
    private int refused;
    private int wanted = A_LITTLE;
    private boolean running;

    Rehearsal(LeaseSession session, ScheduledExecutorService executor, RandomGenerator random) {
        this.session = session;
        this.executor = executor;
        this.backoff = new Backoff(PAUSE_AFTER_FAILURE, LONGEST_PAUSE, random);
    }

    /** Begins after a while, since nothing may stand between the start and the first campaign. */
    void begin() {
        running = true;
        again(FIRST);
    }

    /** Goes on until there is nothing left to learn; does nothing when that was so before. */
    void thorough() {
        wanted = THOROUGHLY;
        if (!running) {
            running = true;
            again(PAUSE);
        }
    }

    @Override
    public void run() {
        if (done >= wanted || refused >= REFUSALS) {
            running = false;
            return;
        }
        var unused = session.rehearse().whenComplete((rehearsed, thrown) -> again(noted(rehearsed, thrown)));
    }

    /** Counts a rehearsal that has ended; answers how long to pause before the next. */
    private Duration noted(@Nullable Boolean rehearsed, @Nullable Throwable thrown) {
        @Nullable ApiException failure = thrown == null ? null : ApiException.from(thrown);
        // A conflict is one, too: a renewal came in between.
        if (Boolean.TRUE.equals(rehearsed) || (failure != null && failure.conflict())) {
            done++;
            refused = 0;
            backoff.reset();
            return PAUSE;
        }
        if (failure == null) {
            return backoff.next();
        }
        refused++;
        Duration asked = failure.retryAfter();
        return asked == null ? backoff.next() : backoff.next().plus(asked);
    }

    private void again(Duration pause) {
        try {
            var unused = executor.schedule(this, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopped) {
            // There is nothing left to rehearse for.
        }
    }
}
