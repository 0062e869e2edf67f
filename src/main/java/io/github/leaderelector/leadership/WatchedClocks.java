package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Two clocks that are compared at each reading: if the wall clock ran ahead of the monotonic one since the last
 * reading, the machine may have been suspended for that time.
 *
 * <p>A step of the wall clock back does not reduce the total. The thread may be paused between the readings of the two
 * clocks; so only time that is certain in spite of that is added, and the errors of many readings do not add up. A
 * reading takes no lock.
 */
final class WatchedClocks implements Ticker {

    private final LongSupplier monotonic;
    private final Supplier<Instant> wall;
    private final AtomicReference<Moment> last;

    /** @param monotonic a reading in nanoseconds; both safe for use by many threads */
    WatchedClocks(LongSupplier monotonic, Supplier<Instant> wall) {
        this.monotonic = monotonic;
        this.wall = wall;
        this.last = new AtomicReference<>(new Moment(monotonic.getAsLong(), wall.get()));
    }

    @Override
    public long nanoTime() {
        return monotonic.getAsLong();
    }

    @Override
    public Instant wallTime() {
        return wall.get();
    }

    @Override
    public Moment now() {
        while (true) {
            Moment before = Objects.requireNonNull(last.get());
            long earliest = monotonic.getAsLong();
            Instant reading = wall.get();
            long latest = monotonic.getAsLong();
            Duration ahead = new Moment(latest, reading).ranAheadSince(before);
            Moment now = new Moment(
                    earliest,
                    reading,
                    ahead.isNegative() ? before.suspended() : before.suspended().plus(ahead));
            // Else another thread has read the clocks meanwhile; its readings may be older or newer than ours.
            if (last.compareAndSet(before, now)) {
                return now;
            }
        }
    }
}
