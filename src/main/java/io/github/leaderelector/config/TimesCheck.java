package io.github.leaderelector.config;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rules for times, each by itself and together. */
final class TimesCheck {

    /**
     * The factor for the jitter of the retry period, as in client-go; so settings that are valid there are valid here.
     */
    private static final double JITTER = 1.2;

    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(1);
    // The Lease API has an int32 of seconds.
    private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);
    private static final Duration LONGEST_DRAIN = Duration.ofHours(1);

    private final Problems problems;

    TimesCheck(Problems problems) {
        this.problems = problems;
    }

    @Nullable
    Duration leaseDuration(String text) {
        Optional<Duration> duration = Durations.parse(text).filter(TimesCheck::wholeSeconds);
        if (duration.isEmpty()) {
            problems.wrong("LEASE_DURATION", text, "whole seconds, at least 1, such as '15s'");
        }
        return duration.orElse(null);
    }

    private static boolean wholeSeconds(Duration duration) {
        return duration.getNano() == 0 && duration.getSeconds() >= 1 && duration.compareTo(LONGEST) <= 0;
    }

    @Nullable
    Duration period(String name, String example, String text) {
        Optional<Duration> duration =
                Durations.parse(text).filter(d -> d.compareTo(SHORTEST_PERIOD) >= 0 && d.compareTo(LONGEST) <= 0);
        if (duration.isEmpty()) {
            problems.wrong(name, text, "a duration of at least 1 ms, such as '" + example + "' or '500ms'");
        }
        return duration.orElse(null);
    }

    void together(@Nullable Duration lease, @Nullable Duration deadline, @Nullable Duration period) {
        if (lease != null && deadline != null && lease.compareTo(deadline) <= 0) {
            problems.wrong(
                    "LEASE_DURATION",
                    Durations.format(lease),
                    "longer than RENEW_DEADLINE, which is '" + Durations.format(deadline) + "'");
        }
        if (deadline != null && period != null) {
            Duration longestWait = Duration.ofNanos((long) (period.toNanos() * JITTER));
            if (deadline.compareTo(longestWait) <= 0) {
                problems.wrong(
                        "RENEW_DEADLINE",
                        Durations.format(deadline),
                        "longer than "
                                + JITTER
                                + " times RETRY_PERIOD, which is '"
                                + Durations.format(period)
                                + "', so longer than '"
                                + Durations.format(longestWait)
                                + "'");
            }
        }
    }

    Duration drain(String text) {
        Optional<Duration> duration = Durations.parse(text).filter(d -> d.compareTo(LONGEST_DRAIN) <= 0);
        if (duration.isEmpty()) {
            problems.wrong("DRAIN", text, "a duration from '0s' to '1h', such as '20s'");
        }
        return duration.orElse(Duration.ZERO);
    }
}
