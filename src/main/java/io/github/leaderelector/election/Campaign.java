package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;

/**
 * Tries to take the Lease when the {@link Turn} says so, and sees to it that the Lease names a successor. For the
 * election's thread only.
 */
final class Campaign {

    private final LeaseWriter writer;
    private final Turn turn;
    private final Succession succession;
    private final Ticker ticker;
    private final ElectionThread.Alarm nextAttempt;

    private boolean suspended = true;
    private boolean attempting;

    Campaign(LeaseWriter writer, Turn turn, Succession succession, ElectionThread thread, Ticker ticker) {
        this.writer = writer;
        this.turn = turn;
        this.succession = succession;
        this.ticker = ticker;
        this.nextAttempt = thread.alarm();
    }

    /** Forgets earlier attempts: the next one is not too early, whenever the last one was. */
    void begin() {
        turn.forgetAttempts();
    }

    /** Attempts to take the Lease if it is time to, and sets an alarm for when it will be. */
    void evaluate() {
        suspended = false;
        succession.evaluate();
        if (attempting) {
            return;
        }
        long left = turn.dueNanos() - ticker.nanoTime();
        if (left > 0) {
            nextAttempt.set(Duration.ofNanos(left), this::evaluate);
        } else {
            attempt();
        }
    }

    private void attempt() {
        nextAttempt.cancel();
        attempting = true;
        turn.attempted();
        var unused = writer.acquire().whenComplete((acquired, failure) -> {
            // What failed is reported where it happened; what has changed meanwhile decides what comes next.
            attempting = false;
            if (!suspended) {
                evaluate();
            }
        });
    }

    /** Makes no further attempt until {@link #evaluate}. One that is under way ends by itself. */
    void suspend() {
        suspended = true;
        nextAttempt.cancel();
        succession.suspend();
    }
}
