package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Lets a candidate practise taking the lead: a little in the first seconds of its life, and thoroughly once its turn is
 * next.
 *
 * <p>The first write of a Java process takes several times as long as the hundredth: classes are loaded, code is
 * compiled, a connection is opened. A follower's first write would be the one that everybody waits for.
 *
 * <p>For one thread at a time, the election's.
 */
final class Rehearsal implements Runnable {

    private static final int A_LITTLE = 10;
    private static final int THOROUGHLY = 100;
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMillis(10);

    private final LeaseSession session;
    private final ScheduledExecutorService executor;
    private int done;
    private int wanted = A_LITTLE;
    private boolean running;

    Rehearsal(LeaseSession session, ScheduledExecutorService executor) {
        this.session = session;
        this.executor = executor;
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
        if (done >= wanted) {
            running = false;
            return;
        }
        done++;
        var unused = session.rehearse().whenComplete((rehearsed, thrown) -> again(PAUSE));
    }

    private void again(Duration pause) {
        try {
            var unused = executor.schedule(this, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopped) {
            // There is nothing left to rehearse for.
        }
    }
}
