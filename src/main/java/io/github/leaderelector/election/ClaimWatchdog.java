package io.github.leaderelector.election;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Observation.TimePassed;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells the observers of the hub when a claim ends by time, on a thread that does nothing else.
 *
 * <p>Readers of the hub check the clock themselves, but the leader file has to be removed at that moment. The watchdog
 * checks four times a second, because after a suspension of the machine a timer on the monotonic clock fires late, by
 * the time of the suspension.
 */
final class ClaimWatchdog implements LeadershipObserver {

    private static final Duration LOOK = Duration.ofMillis(250);

    private final LeadershipHub hub;
    private final Ticker ticker;
    private final ScheduledExecutorService executor;
    private @Nullable Future<?> alarm;

    /** @param executor a thread of its own */
    ClaimWatchdog(LeadershipHub hub, Ticker ticker, ScheduledExecutorService executor) {
        this.hub = hub;
        this.ticker = ticker;
        this.executor = executor;
    }

    /** Called by the hub, on the watchdog's own thread. */
    @Override
    public void onLeadership(Leadership leadership) {
        look();
    }

    private void look() {
        if (alarm != null) {
            alarm.cancel(false);
            alarm = null;
        }
        hub.observe(new TimePassed());
        Claim claim = hub.current().claim();
        if (claim != null) {
            long left = claim.validUntilNanos() - ticker.nanoTime();
            try {
                alarm = executor.schedule(this::look, Math.min(left, LOOK.toNanos()), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopped) {
                alarm = null;
            }
        }
    }
}
