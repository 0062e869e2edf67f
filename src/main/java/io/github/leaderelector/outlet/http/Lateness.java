package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;

/** Tells which answers come too late to be sent. Safe for use by many threads. */
final class Lateness {

    /** How long after it was decided an answer may be sent that says "I lead". */
    static final Duration BOUND = Duration.ofMillis(500);

    private static final long BOUND_NANOS = BOUND.toNanos();
    private static final long BOUND_MILLIS = BOUND.toMillis();

    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Tells it by the clocks of {@code ticker} and by what {@code hub} remembers. */
    Lateness(LeadershipHub hub, Ticker ticker) {
        this.hub = hub;
        this.ticker = ticker;
    }

    /**
     * Whether an answer that was decided at {@code decided} or later may say "I lead" and comes too late.
     *
     * <p>By either clock: the monotonic one stands still while the machine is suspended. It is read last, because what
     * follows its reading cannot be seen.
     */
    boolean isLate(Moment decided) {
        long wallMillis = ticker.wallTime().toEpochMilli();
        long nanos = ticker.nanoTime();
        return (nanos - decided.nanos() > BOUND_NANOS
                        || wallMillis - decided.wall().toEpochMilli() > BOUND_MILLIS)
                && mayClaim(decided);
    }

    /** Whether this replica led at {@code decided} or at any moment since. */
    private boolean mayClaim(Moment decided) {
        return hub.current().claim() != null
                || hub.transitions(0).stream()
                        .anyMatch(transition -> transition.before().claim() != null
                                && transition.at().nanos() - decided.nanos() >= 0);
    }
}
