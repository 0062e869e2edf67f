package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;

/**
 * Tries to take the Lease when the {@link Turn} allows it, and lets {@link Succession} name a successor in the Lease.
 * For the election's thread only.
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

    /** Forgets earlier attempts: the next attempt need not wait for a pause after the last one. */
    void begin() {
        turn.forgetAttempts();
    }

    /** Tries to take the Lease if an attempt is due; else sets an alarm for the time at which it will be. */
    void evaluate() {
        suspended = false;
        turn.viewChanged();
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
            // ReportedLeaseApi has reported the failure. The state of now decides about the next attempt.
            attempting = false;
            if (!suspended) {
                evaluate();
            }
        });
    }

    /** Makes no further attempt until {@link #evaluate}. An attempt that is under way ends by itself. */
    void suspend() {
        suspended = true;
        nextAttempt.cancel();
        succession.suspend();
    }
}
