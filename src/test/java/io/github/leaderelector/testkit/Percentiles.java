package io.github.leaderelector.testkit;

import java.time.Duration;
import java.util.List;

/** The spread of some measured times; immutable. */
public record Percentiles(List<Duration> sorted) {

    /** The spread of {@code times}, in any order. */
    public static Percentiles of(List<Duration> times) {
        return new Percentiles(times.stream().sorted().toList());
    }

    /** The smallest time that {@code percent} of all do not exceed; zero when there is none. */
    public Duration at(double percent) {
        if (sorted.isEmpty()) {
            return Duration.ZERO;
        }
        int rank = (int) Math.ceil(percent / 100 * sorted.size());
        return sorted.get(Math.max(0, Math.min(sorted.size(), rank) - 1));
    }

    /** The middle one. */
    public Duration median() {
        return at(50);
    }

    /** The longest. */
    public Duration max() {
        return at(100);
    }

    @Override
    public String toString() {
        return "n=%d p50=%s p99=%s max=%s".formatted(sorted.size(), millis(median()), millis(at(99)), millis(max()));
    }

    /** {@code time} in milliseconds, for people. */
    public static String millis(Duration time) {
        return "%.1f ms".formatted(time.toNanos() / 1e6);
    }
}
