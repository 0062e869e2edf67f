package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;

/** Decides which answers are too late to be sent. Safe for use by many threads. */
final class LateAnswerCheck {

    /** How long after its decision an answer that says "I lead" may be sent. */
    static final Duration BOUND = Duration.ofMillis(500);

    private static final long BOUND_NANOS = BOUND.toNanos();
    private static final long BOUND_MILLIS = BOUND.toMillis();

    private final LeadershipHub hub;
    private final Ticker ticker;

    /** Uses the clocks of {@code ticker} and the changes that {@code hub} remembers. */
    LateAnswerCheck(LeadershipHub hub, Ticker ticker) {
        this.hub = hub;
        this.ticker = ticker;
    }

    /**
     * Whether an answer that was decided at {@code decided} or later may say "I lead" and is too late.
     *
     * <p>Checks both clocks, because the monotonic one stops while the machine is suspended. The monotonic clock is
     * read last, because a delay after the reading is not noticed.
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
