package io.github.leaderelector.config;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The settings, parsed and checked; immutable.
 *
 * @param leaseName the name of the Lease
 * @param namespace the namespace of the Lease; empty when it has to be found out
 * @param identity who we are
 * @param leaseDuration how long others wait after the last renewal they saw; whole seconds
 * @param renewDeadline how long a claim holds after its write was sent
 * @param retryPeriod how often the leader renews
 * @param leaderFile the absolute path of the leader file; empty when there is to be none
 * @param readiness when the readiness probe succeeds
 * @param httpPort the port of the HTTP server, 0 for any
 * @param maxStreams how many event streams may be open at once
 * @param leaderLabel the label that the leader's pod carries; empty for none
 * @param podName the name of our pod
 * @param kubernetesEvents whether changes are written as Kubernetes Events
 * @param drain how long the Lease is held on after the claim was dropped; zero or more
 * @param appHealth how the application's health decides; empty when it does not
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
        String podName,
        boolean kubernetesEvents,
        Duration drain,
        Optional<AppHealth> appHealth,
        Optional<URI> onLeading,
        Optional<URI> onFollowing,
        LogFormat logFormat) {

    /**
     * The settings that {@code config} says.
     *
     * @throws InvalidSettingsException if any of them is wrong
     */
    public static Settings of(LeaderElectorConfig config) {
        return new SettingsCheck(Hostname::read, Files::isWritable).check(config);
    }
}
