package io.github.leaderelector.config;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Parses and formats durations in the notations of Go, of Quarkus and of ISO 8601: {@code 1m30s}, {@code 1.5h},
 * {@code 500ms}, {@code 15} (seconds), {@code PT15S}.
 */
public final class Durations {

    private static final String NUMBER = "[0-9]{1,12}(?:\\.[0-9]{1,9})?";
    private static final Pattern PART = Pattern.compile("(" + NUMBER + ")(h|ms|m|s|us|µs|ns)");
    private static final Pattern PARTS = Pattern.compile("(?:" + PART.pattern() + ")+");
    private static final Pattern SECONDS = Pattern.compile(NUMBER);

    private Durations() {}

    /** The duration in {@code text}; empty if it is none. Never negative. */
    public static Optional<Duration> parse(String text) {
        String stripped = text.strip();
        try {
            if (SECONDS.matcher(stripped).matches()) {
                return Optional.of(nanos(stripped, 1_000_000_000L));
            }
            if (PARTS.matcher(stripped).matches()) {
                Duration sum = Duration.ZERO;
                Matcher part = PART.matcher(stripped);
                while (part.find()) {
                    sum = sum.plus(nanos(part.group(1), unit(part.group(2))));
                }
                return Optional.of(sum);
            }
            Duration iso = Duration.parse(stripped.toUpperCase(Locale.ROOT));
            return iso.isNegative() ? Optional.empty() : Optional.of(iso);
        } catch (DateTimeParseException | ArithmeticException notADuration) {
            return Optional.empty();
        }
    }

    private static Duration nanos(String number, long unit) {
        return Duration.ofNanos(new BigDecimal(number)
                .multiply(BigDecimal.valueOf(unit))
                .toBigInteger()
                .longValueExact());
    }

    private static long unit(String name) {
        return switch (name) {
            case "h" -> 3_600_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "s" -> 1_000_000_000L;
            case "ms" -> 1_000_000L;
            case "us", "µs" -> 1_000L;
            default -> 1L;
        };
    }

    /** {@code duration} as {@link #parse} reads it: in seconds, or in milliseconds below one. */
    public static String format(Duration duration) {
        BigDecimal seconds = BigDecimal.valueOf(duration.toNanos(), 9).stripTrailingZeros();
        return seconds.compareTo(BigDecimal.ONE) < 0 && seconds.signum() > 0
                ? seconds.movePointRight(3).toPlainString() + "ms"
                : seconds.toPlainString() + "s";
    }
}
