package io.github.leaderelector.config;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The settings, parsed and checked; immutable.
 *
 * @param leaseName the name of the Lease
 * @param namespace the namespace of the Lease; empty if it is taken from the pod or the kubeconfig
 * @param identity our identity
 * @param leaseDuration how long other replicas wait after the last renewal that they saw; whole seconds
 * @param renewDeadline how long a claim holds after its write was sent
 * @param retryPeriod how often the leader renews
 * @param leaderFile the absolute path of the leader file; empty for none
 * @param readiness when the readiness probe succeeds
 * @param httpPort the port of the HTTP server, 0 for any free port
 * @param maxStreams how many event streams may be open at once
 * @param leaderLabel the label that the leader's pod carries; empty for none
 * @param leaderService the name of the Service that follows the leader; empty for none
 * @param podIps the addresses of our pod; empty if they are read from the pod's status
 * @param podName the name of our pod
 * @param kubernetesEvents whether changes are written as Kubernetes Events
 * @param drain how long the Lease is still renewed after the end of the claim; zero or more
 * @param appHealth how the application's health decides; empty if it does not matter
 * @param onLeading where to POST the state when we begin to lead; empty for nowhere
 * @param onFollowing where to POST the state when we stop leading; empty for nowhere
 * @param logFormat how log lines are written
 */
public record Settings(
        String leaseName,
        Optional<String> namespace,
        String identity,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod,
        Optional<Path> leaderFile,
        Readiness readiness,
        int httpPort,
        int maxStreams,
        Optional<PodLabel> leaderLabel,
        Optional<String> leaderService,
        List<String> podIps,
        String podName,
        boolean kubernetesEvents,
        Duration drain,
        Optional<AppHealth> appHealth,
        Optional<URI> onLeading,
        Optional<URI> onFollowing,
        LogFormat logFormat) {

    /**
     * The settings in {@code config}.
     *
     * @throws InvalidSettingsException if any of them is wrong
     */
    public static Settings of(LeaderElectorConfig config) {
        return new SettingsCheck(Hostname::read, Files::isWritable).check(config);
    }

    /**
     * The settings in force, as text, by environment variable, in the order of the documents; empty for a setting
     * without a value. Safe to show: parts of URLs that may be secret are left out.
     *
     * @param foundNamespace the namespace of the Lease, as determined at the start
     * @param openPort the port that the HTTP server listens on
     */
    public Map<String, String> inForce(String foundNamespace, int openPort) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("LEASE_NAME", leaseName);
        all.put("NAMESPACE", foundNamespace);
        all.put("IDENTITY", identity);
        all.put("LEASE_DURATION", Durations.format(leaseDuration));
        all.put("RENEW_DEADLINE", Durations.format(renewDeadline));
        all.put("RETRY_PERIOD", Durations.format(retryPeriod));
        all.put("LEADER_FILE", leaderFile.map(Path::toString).orElse(""));
        all.put("READINESS", lowerCase(readiness));
        all.put("HTTP_PORT", Integer.toString(openPort));
        all.put("MAX_STREAMS", Integer.toString(maxStreams));
        all.put("LEADER_LABEL", leaderLabel.map(PodLabel::toString).orElse(""));
        all.put("LEADER_SERVICE", leaderService.orElse(""));
        all.put("POD_IPS", String.join(",", podIps));
        all.put("POD_NAME", podName);
        all.put("KUBERNETES_EVENTS", Boolean.toString(kubernetesEvents));
        all.put("DRAIN", Durations.format(drain));
        all.put("APP_HEALTH_URL", appHealth.map(health -> place(health.url())).orElse(""));
        all.put(
                "APP_HEALTH_FAILURES",
                appHealth.map(health -> Integer.toString(health.failures())).orElse(""));
        all.put(
                "APP_HEALTH_FALLBACK",
                appHealth.map(health -> lowerCase(health.fallback())).orElse(""));
        all.put("ON_LEADING_URL", onLeading.map(Settings::place).orElse(""));
        all.put("ON_FOLLOWING_URL", onFollowing.map(Settings::place).orElse(""));
        all.put("LOG_FORMAT", lowerCase(logFormat));
        return Collections.unmodifiableMap(all);
    }

    /** The host only: a token may be in the user, in the query, and in the path of some webhooks. */
    private static String place(URI url) {
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        boolean more = url.getRawPath().length() > 1 || url.getRawQuery() != null;
        return url.getScheme() + "://" + url.getHost() + port + (more ? "/…" : "");
    }

    private static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
