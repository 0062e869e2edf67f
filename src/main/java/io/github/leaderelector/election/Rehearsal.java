package io.github.leaderelector.election;

import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Lets a candidate practise taking the lead, some times in the first seconds of its life.
 *
 * <p>The first write of a Java process takes several times as long as the tenth: classes are loaded, code is compiled,
 * a connection is opened. A follower's first write would be the one that everybody waits for.
 */
final class Rehearsal implements Runnable {

    private static final int TIMES = 50;
    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final LeaseSession session;
    private final ScheduledExecutorService executor;
    private int left = TIMES;

    Rehearsal(LeaseSession session, ScheduledExecutorService executor) {
        this.session = session;
        this.executor = executor;
    }

    /** Begins after a while, since nothing may stand between the start and the first campaign. */
    void begin() {
        again(FIRST);
    }

    @Override
    public void run() {
        left--;
        var unused = session.rehearse().whenComplete((done, thrown) -> {
            if (left > 0) {
                again(PAUSE);
            }
        });
    }

    private void again(Duration pause) {
        try {
            var unused = executor.schedule(this, pause.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException stopped) {
            left = 0;
        }
    }
}
