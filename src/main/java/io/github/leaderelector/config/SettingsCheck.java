package io.github.leaderelector.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * All rules for single settings and between settings. To be used once.
 *
 * <p>A rule between two settings is applied only if each of them is valid by itself.
 */
final class SettingsCheck {

    private final Problems problems = new Problems();
    private final TimesCheck times = new TimesCheck(problems);
    private final ValuesCheck values = new ValuesCheck(problems);
    private final NamesCheck names;
    private final LeaderFileCheck leaderFiles;

    /**
     * @param hostname the default of the identity
     * @param writable whether this user may create files in a directory
     */
    SettingsCheck(Supplier<String> hostname, Predicate<Path> writable) {
        this.names = new NamesCheck(problems, hostname);
        this.leaderFiles = new LeaderFileCheck(problems, writable);
    }

    /**
     * The settings in {@code config}.
     *
     * @throws InvalidSettingsException with every problem there is
     */
    Settings check(LeaderElectorConfig config) {
        String leaseName = names.leaseName(config.leaseName().orElse(""));
        Optional<String> namespace = config.namespace();
        namespace.ifPresent(names::namespace);
        String identity = names.identity(config.identity());
        Duration leaseDuration = times.leaseDuration(config.leaseDuration().orElse(""));
        Duration renewDeadline =
                times.period("RENEW_DEADLINE", "10s", config.renewDeadline().orElse(""));
        Duration retryPeriod =
                times.period("RETRY_PERIOD", "2s", config.retryPeriod().orElse(""));
        times.together(leaseDuration, renewDeadline, retryPeriod);
        Optional<Path> leaderFile = config.leaderFile().map(leaderFiles::leaderFile);
        Readiness readiness = values.oneOf("READINESS", config.readiness(), Readiness.ALWAYS);
        int httpPort = values.httpPort(config.httpPort().orElse(""));
        int maxStreams = values.number("MAX_STREAMS", config.maxStreams().orElse(""), 0, 100_000);
        Optional<PodLabel> leaderLabel = config.leaderLabel().map(names::podLabel);
        Optional<String> leaderService = config.leaderService().map(names::leaderService);
        List<String> podIps = config.podIps().map(names::podIps).orElse(List.of());
        String podName = names.podName(config.podName(), leaderLabel.isPresent() || leaderService.isPresent());
        boolean kubernetesEvents =
                values.bool("KUBERNETES_EVENTS", config.kubernetesEvents().orElse(""));
        Duration drain = times.drain(config.drain().orElse(""));
        Optional<AppHealth> appHealth = appHealth(config);
        Optional<URI> onLeading = config.onLeadingUrl().map(url -> values.url("ON_LEADING_URL", url));
        Optional<URI> onFollowing = config.onFollowingUrl().map(url -> values.url("ON_FOLLOWING_URL", url));
        LogFormat logFormat = values.oneOf("LOG_FORMAT", config.logFormat(), LogFormat.TEXT);
        List<String> wrong = problems.sentences();
        if (!wrong.isEmpty() || leaseDuration == null || renewDeadline == null || retryPeriod == null) {
            throw new InvalidSettingsException(wrong);
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

    private Optional<AppHealth> appHealth(LeaderElectorConfig config) {
        int failures =
                values.number("APP_HEALTH_FAILURES", config.appHealthFailures().orElse(""), 1, 1_000);
        AppHealth.Fallback fallback =
                values.oneOf("APP_HEALTH_FALLBACK", config.appHealthFallback(), AppHealth.Fallback.NOBODY);
        return config.appHealthUrl().map(url -> new AppHealth(values.url("APP_HEALTH_URL", url), failures, fallback));
    }
}
