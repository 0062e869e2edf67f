package io.github.leaderelector.config;

import io.github.leaderelector.text.ForeignText;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All rules for single settings and between settings.
 *
 * <p>A rule between two settings is applied only if each of them is valid by itself.
 */
final class SettingsCheck {

    /**
     * The factor for the jitter of the retry period, as in client-go; so settings that are valid there are valid here.
     */
    private static final double JITTER = 1.2;

    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_NAME = 253;
    private static final int HIGHEST_PORT = 65_535;
    private static final Duration SHORTEST_PERIOD = Duration.ofMillis(1);
    // The Lease API has an int32 of seconds.
    private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);

    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
    private static final Pattern IP_ADDRESS =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|(?=.*:)[0-9a-fA-F:.]{2,45}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
    private static final String LABEL_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
    private static final Pattern POD_LABEL =
            Pattern.compile("((?<prefix>[^/=]+)/)?(?<name>" + LABEL_WORD + ")=(?<value>(" + LABEL_WORD + ")?)");
    private static final Duration LONGEST_DRAIN = Duration.ofHours(1);

    private final Supplier<String> hostname;
    private final Predicate<Path> writable;
    private final List<String> problems = new ArrayList<>();

    /**
     * @param hostname the default of the identity
     * @param writable whether this user may create files in a directory
     */
    SettingsCheck(Supplier<String> hostname, Predicate<Path> writable) {
        this.hostname = hostname;
        this.writable = writable;
    }

    /**
     * The settings in {@code config}.
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
        Readiness readiness = oneOf("READINESS", config.readiness(), Readiness.ALWAYS);
        int httpPort = httpPort(config.httpPort().orElse(""));
        int maxStreams = number("MAX_STREAMS", config.maxStreams().orElse(""), 0, 100_000);
        Optional<PodLabel> leaderLabel = config.leaderLabel().map(this::podLabel);
        Optional<String> leaderService = config.leaderService().map(this::leaderService);
        List<String> podIps = config.podIps().map(this::podIps).orElse(List.of());
        String podName = podName(config.podName(), leaderLabel.isPresent() || leaderService.isPresent());
        boolean kubernetesEvents =
                bool("KUBERNETES_EVENTS", config.kubernetesEvents().orElse(""));
        Duration drain = drain(config.drain().orElse(""));
        Optional<AppHealth> appHealth = appHealth(config);
        Optional<URI> onLeading = config.onLeadingUrl().map(url -> url("ON_LEADING_URL", url));
        Optional<URI> onFollowing = config.onFollowingUrl().map(url -> url("ON_FOLLOWING_URL", url));
        LogFormat logFormat = oneOf("LOG_FORMAT", config.logFormat(), LogFormat.TEXT);
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
                httpPort,
                maxStreams,
                leaderLabel,
                leaderService,
                podIps,
                podName,
                kubernetesEvents,
                drain,
                appHealth,
                onLeading,
                onFollowing,
                logFormat);
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
                || !ForeignText.name(identity).equals(identity)) {
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
        if (Files.isSymbolicLink(file)) {
            // A rename would replace the link, not its target.
            problem(
                    "LEADER_FILE",
                    text,
                    "the path of a file, not a symbolic link: remove the link, or set LEADER_FILE to the path that it"
                            + " points to");
        } else if (directory == null || Files.isDirectory(file)) {
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

    /** The enum constant that {@code text} names; {@code fallback} if there is none. */
    private <E extends Enum<E>> E oneOf(String name, Optional<String> text, E fallback) {
        String word = text.orElse("");
        List<String> allowed = new ArrayList<>();
        for (E constant : fallback.getDeclaringClass().getEnumConstants()) {
            if (constant.name().equals(word.strip().toUpperCase(Locale.ROOT))) {
                return constant;
            }
            allowed.add("'" + constant.name().toLowerCase(Locale.ROOT) + "'");
        }
        problem(name, word, String.join(" or ", allowed));
        return fallback;
    }

    private boolean bool(String name, String text) {
        String word = text.strip().toLowerCase(Locale.ROOT);
        if (!word.equals("true") && !word.equals("false")) {
            problem(name, text, "'true' or 'false'");
        }
        return word.equals("true");
    }

    private int number(String name, String text, int least, int most) {
        String digits = text.strip();
        int number = NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
        if (number < least || number > most) {
            problem(name, text, "a number from " + least + " to " + most);
        }
        return number;
    }

    private PodLabel podLabel(String text) {
        Matcher label = POD_LABEL.matcher(text);
        @Nullable String prefix = label.matches() ? label.group("prefix") : null;
        boolean prefixIsRight = prefix == null
                || (prefix.length() <= LONGEST_NAME
                        && DNS_SUBDOMAIN.matcher(prefix).matches());
        if (!label.matches() || !prefixIsRight) {
            problem(
                    "LEADER_LABEL",
                    text,
                    "a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'");
            return new PodLabel("", "");
        }
        return new PodLabel((prefix == null ? "" : prefix + "/") + label.group("name"), label.group("value"));
    }

    private String leaderService(String name) {
        if (name.length() > LONGEST_LABEL || !DNS_LABEL.matcher(name).matches()) {
            problem(
                    "LEADER_SERVICE",
                    name,
                    "the name of a Service: lower case letters, digits and '-', beginning and ending with a letter or"
                            + " digit, at most "
                            + LONGEST_LABEL
                            + " characters");
        }
        return name;
    }

    private List<String> podIps(String text) {
        List<String> addresses =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (!addresses.stream().allMatch(address -> IP_ADDRESS.matcher(address).matches())) {
            problem(
                    "POD_IPS",
                    text,
                    "IP addresses with commas between them; the downward API has them as 'status.podIPs'");
        }
        return addresses;
    }

    /**
     * A problem only if a setting needs the pod's name: a hostname that is not a pod's name is not an error by itself.
     */
    private String podName(Optional<String> configured, boolean needed) {
        String name = configured.orElseGet(hostname);
        boolean right =
                name.length() <= LONGEST_NAME && DNS_SUBDOMAIN.matcher(name).matches();
        if (!right && (needed || configured.isPresent())) {
            problem("POD_NAME", name, "the name of this pod; the downward API has it as 'metadata.name'");
        }
        return name;
    }

    private Duration drain(String text) {
        Optional<Duration> duration = Durations.parse(text).filter(d -> d.compareTo(LONGEST_DRAIN) <= 0);
        if (duration.isEmpty()) {
            problem("DRAIN", text, "a duration from '0s' to '1h', such as '20s'");
        }
        return duration.orElse(Duration.ZERO);
    }

    private Optional<AppHealth> appHealth(LeaderElectorConfig config) {
        int failures = number("APP_HEALTH_FAILURES", config.appHealthFailures().orElse(""), 1, 1_000);
        AppHealth.Fallback fallback =
                oneOf("APP_HEALTH_FALLBACK", config.appHealthFallback(), AppHealth.Fallback.NOBODY);
        return config.appHealthUrl().map(url -> new AppHealth(url("APP_HEALTH_URL", url), failures, fallback));
    }

    private URI url(String name, String text) {
        try {
            URI url = new URI(text.strip());
            boolean http = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
            if (http && url.getHost() != null && url.getPort() <= HIGHEST_PORT && url.getUserInfo() == null) {
                return url;
            }
        } catch (URISyntaxException invalid) {
            // Reported below, as every other invalid URL.
        }
        // A password must not end up in a log.
        problem(
                name,
                ForeignText.of(text),
                "an http or https URL without a user, such as 'http://localhost:8080/health'");
        return URI.create("");
    }

    private int httpPort(String text) {
        // Quarkus, which reads the same text, strips it, too.
        String digits = text.strip();
        int port = NUMBER.matcher(digits).matches() ? Integer.parseInt(digits) : -1;
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
        problems.add(name + " is '" + ForeignText.name(value) + "'; it must be " + allowed + ".");
    }
}
