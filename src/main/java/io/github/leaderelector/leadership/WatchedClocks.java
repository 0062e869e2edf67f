package io.github.leaderelector.leadership;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Two clocks that are compared at each look: by as much as the wall clock ran ahead of the monotonic one since the last
 * look, the machine may have been suspended.
 *
 * <p>A wall clock that is set back between two looks takes nothing off what was added before or will be added after.
 * Between the readings of the two clocks the thread may be kept from running; so only that is added which is certain
 * even then, and the noise of many looks does not add up. Looking takes no lock.
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
            // Else another thread has looked meanwhile: what it has added may be older or newer than our readings.
            if (last.compareAndSet(before, now)) {
                return now;
            }
        }
    }
}
