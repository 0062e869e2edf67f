package io.github.leaderelector.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All rules for the settings, and between them.
 *
 * <p>A rule between two settings is applied only when each of them is right by itself.
 */
final class SettingsCheck {

    /** How much longer than the retry period Fabric8's elector may wait between two attempts, because of its jitter. */
    private static final double JITTER = 2.2;

    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_NAME = 253;
    private static final int HIGHEST_PORT = 65_535;
    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(1);
    // The Lease API counts in an int32 of seconds.
    private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);

    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");
    private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

    private final Supplier<String> hostname;
    private final Predicate<Path> writable;
    private final List<String> problems = new ArrayList<>();

    /**
     * @param hostname what the identity defaults to
     * @param writable whether this user may make files in a directory
     */
    SettingsCheck(Supplier<String> hostname, Predicate<Path> writable) {
        this.hostname = hostname;
        this.writable = writable;
    }

    /**
     * The settings that {@code config} says.
     *
     * @throws InvalidSettingsException with every problem there is
     */
    Settings check(LeaderElectorConfig config) {
        String leaseName = leaseName(config.leaseName().orElse(""));
        Optional<String> namespace = config.namespace();
        namespace.ifPresent(this::checkNamespace);
        String identity = identity(config.identity());
        Duration leaseDuration = leaseDuration(config.leaseDuration().orElse(""));
        Duration renewDeadline =
                period("RENEW_DEADLINE", "10s", config.renewDeadline().orElse(""));
        Duration retryPeriod = period("RETRY_PERIOD", "2s", config.retryPeriod().orElse(""));
        checkTogether(leaseDuration, renewDeadline, retryPeriod);
        Optional<Path> leaderFile = config.leaderFile().map(this::leaderFile);
        Readiness readiness = readiness(config.readiness().orElse(""));
        int httpPort = httpPort(config.httpPort().orElse(""));
        if (!problems.isEmpty() || leaseDuration == null || renewDeadline == null || retryPeriod == null) {
            throw new InvalidSettingsException(problems);
        }
        return new Settings(
                leaseName,
                namespace,
                identity,
                leaseDuration,
                renewDeadline,
                retryPeriod,
                leaderFile,
                readiness,
                httpPort);
    }

    private String leaseName(String name) {
        if (name.isEmpty()) {
            problems.add("LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as"
                    + " 'my-app'.");
        } else if (name.length() > LONGEST_NAME || !DNS_SUBDOMAIN.matcher(name).matches()) {
            problem(
                    "LEASE_NAME",
                    name,
                    "lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with"
                            + " a letter or digit, at most "
                            + LONGEST_NAME
                            + " characters");
        }
        return name;
    }

    private void checkNamespace(String namespace) {
        if (namespace.length() > LONGEST_LABEL || !DNS_LABEL.matcher(namespace).matches()) {
            problem(
                    "NAMESPACE",
                    namespace,
                    "lower case letters, digits and '-', beginning and ending with a letter or digit, at most "
                            + LONGEST_LABEL
                            + " characters");
        }
    }

    private String identity(Optional<String> configured) {
        String identity = configured.orElseGet(hostname);
        if (configured.isEmpty() && identity.isBlank()) {
            problems.add("IDENTITY is not set and this machine has no hostname; it must be a name that no other"
                    + " replica has.");
        } else if (identity.isBlank()
                || identity.length() > LONGEST_NAME
                || CONTROL.matcher(identity).find()) {
            problem(
                    "IDENTITY",
                    identity,
                    "a name that no other replica has, not blank, without control characters, at most "
                            + LONGEST_NAME
                            + " characters");
        }
        return identity;
    }

    private @Nullable Duration leaseDuration(String text) {
        Optional<Duration> duration = Durations.parse(text).filter(SettingsCheck::wholeSeconds);
        if (duration.isEmpty()) {
            problem("LEASE_DURATION", text, "whole seconds, at least 1, such as '15s'");
        }
        return duration.orElse(null);
    }

    private static boolean wholeSeconds(Duration duration) {
        return duration.getNano() == 0 && duration.getSeconds() >= 1 && duration.compareTo(LONGEST) <= 0;
    }

    private @Nullable Duration period(String name, String example, String text) {
        Optional<Duration> duration =
                Durations.parse(text).filter(d -> d.compareTo(SHORTEST_PERIOD) >= 0 && d.compareTo(LONGEST) <= 0);
        if (duration.isEmpty()) {
            problem(name, text, "a duration of at least 1 ms, such as '" + example + "' or '500ms'");
        }
        return duration.orElse(null);
    }

    private void checkTogether(@Nullable Duration lease, @Nullable Duration deadline, @Nullable Duration period) {
        if (lease != null && deadline != null && lease.compareTo(deadline) <= 0) {
            problem(
                    "LEASE_DURATION",
                    Durations.format(lease),
                    "longer than RENEW_DEADLINE, which is '" + Durations.format(deadline) + "'");
        }
        if (deadline != null && period != null) {
            Duration longestWait = Duration.ofNanos((long) (period.toNanos() * JITTER));
            if (deadline.compareTo(longestWait) <= 0) {
                problem(
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

    private Path leaderFile(String text) {
        Path file;
        try {
            file = Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException invalid) {
            problem("LEADER_FILE", text, "the path of a file, or empty for none");
            return Path.of("");
        }
        Path directory = file.getParent();
        if (directory == null || Files.isDirectory(file)) {
            problem(
                    "LEADER_FILE",
                    text,
                    directory == null
                            ? "the path of a file, not a directory"
                            : "the path of a file, not a directory: mount the volume at the directory around it"
                                    + " ('mountPath: "
                                    + directory
                                    + "'), or set LEADER_FILE to a file in it ('"
                                    + file.resolve("leader")
                                    + "')");
        } else if (!Files.isDirectory(directory)) {
            problem(
                    "LEADER_FILE",
                    text,
                    "a file in a directory that exists, but '" + directory + "' is none: mount a volume there");
        } else if (!writable.test(directory)) {
            problem(
                    "LEADER_FILE",
                    text,
                    "a file in a directory that this user may write to, but '"
                            + directory
                            + "' is not: mount a writable volume there, such as an emptyDir");
        }
        return file;
    }

    private Readiness readiness(String text) {
        for (Readiness readiness : Readiness.values()) {
            if (readiness.name().equals(text.strip().toUpperCase(Locale.ROOT))) {
                return readiness;
            }
        }
        problem("READINESS", text, "'always' or 'leader'");
        return Readiness.ALWAYS;
    }

    private int httpPort(String text) {
        // Not stripped: Quarkus reads the same text.
        int port = PORT.matcher(text).matches() ? Integer.parseInt(text) : -1;
        if (port < 0 || port > HIGHEST_PORT) {
            problem(
                    "HTTP_PORT",
                    text,
                    "a number from 1 to 65535, or 0 for any free port"
                            + (text.contains("://")
                                    ? "; Kubernetes itself sets this variable for a Service named 'http', unless the"
                                            + " container sets it or the pod has 'enableServiceLinks: false'"
                                    : ""));
        }
        return port;
    }

    private void problem(String name, String value, String allowed) {
        String printable = CONTROL.matcher(value).replaceAll("?");
        problems.add(name + " is '" + printable + "'; it must be " + allowed + ".");
    }
}
