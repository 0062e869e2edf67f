package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Vital;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether the election's thread still works: each call posts a task and looks whether the last one was run. Safe
 * for use by many threads.
 */
final class ThreadCheck implements Vital {

    private final ElectionThread thread;
    private final Ticker ticker;
    private final Duration stuck;
    private @Nullable Long postedNanos;

    /** @param stuck how long the thread may take */
    ThreadCheck(ElectionThread thread, Ticker ticker, Duration stuck) {
        this.thread = thread;
        this.ticker = ticker;
        this.stuck = stuck;
    }

    @Override
    public synchronized Optional<String> failure() {
        long now = ticker.nanoTime();
        Long posted = postedNanos;
        if (posted == null) {
            postedNanos = now;
            thread.execute(this::done);
            return Optional.empty();
        }
        Duration silent = Duration.ofNanos(now - posted);
        return silent.compareTo(stuck) > 0
                ? Optional.of("The election's thread has been stuck for " + silent.toMillis() + " ms.")
                : Optional.empty();
    }

    private synchronized void done() {
        postedNanos = null;
    }
}
