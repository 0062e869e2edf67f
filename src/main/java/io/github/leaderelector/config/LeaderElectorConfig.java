package io.github.leaderelector.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/**
 * What can be set, as text, with its environment variable and its default.
 *
 * <p>Each setting is a property {@code leader-elector.*}, or the environment variable named in its default; the
 * property wins. Durations are written {@code 15s}, {@code 500ms}, {@code 1m30s}, {@code PT15S}, or as a plain number
 * of seconds.
 *
 * <p>The values are text so that whatever is wrong with them is found by {@link Settings#of}, all at once and in our
 * own words, and not by the converters of Quarkus, in theirs.
 */
@ConfigMapping(prefix = "leader-elector")
public interface LeaderElectorConfig {

    /** The name of the Lease that the replicas compete for; required. */
    @WithDefault("${LEASE_NAME:}")
    Optional<String> leaseName();

    /** The namespace of the Lease; when empty, the pod's own namespace, then that of the kubeconfig's context. */
    @WithDefault("${NAMESPACE:}")
    Optional<String> namespace();

    /** Who we are in the Lease and in the leader file; when empty, the hostname. */
    @WithDefault("${IDENTITY:}")
    Optional<String> identity();

    /** How long others wait, after they saw the Lease last renewed, before they take it; whole seconds. */
    @WithDefault("${LEASE_DURATION:15s}")
    Optional<String> leaseDuration();

    /** How long the leader leads on after a renewal that succeeded. */
    @WithDefault("${RENEW_DEADLINE:10s}")
    Optional<String> renewDeadline();

    /** How often the leader renews the Lease. */
    @WithDefault("${RETRY_PERIOD:2s}")
    Optional<String> retryPeriod();

    /** The file that exists while, and only while, this replica leads; empty for none. */
    @WithDefault("${LEADER_FILE:/tmp/leader_status}")
    Optional<String> leaderFile();

    /**
     * When the readiness probe succeeds: {@code always} once the Lease has been seen, or only on the {@code leader}.
     */
    @WithDefault("${READINESS:always}")
    Optional<String> readiness();

    /** The port of the HTTP server; 0 for any free port. */
    @WithDefault("${HTTP_PORT:4040}")
    Optional<String> httpPort();

    /** How many event streams may be open at once; further requests for one are answered 429. */
    @WithDefault("${MAX_STREAMS:1024}")
    Optional<String> maxStreams();

    /** The label, {@code key=value}, that the leader's pod carries; empty for none. */
    @WithDefault("${LEADER_LABEL:}")
    Optional<String> leaderLabel();

    /** The name of the pod that carries the label; when empty, the hostname. */
    @WithDefault("${POD_NAME:}")
    Optional<String> podName();

    /** Whether changes of leadership are written as Kubernetes Events on the Lease. */
    @WithDefault("${KUBERNETES_EVENTS:true}")
    Optional<String> kubernetesEvents();

    /** How long the Lease is held on after the claim was dropped, so that the application can finish. */
    @WithDefault("${DRAIN:0s}")
    Optional<String> drain();

    /** Where the application says by HTTP whether it is healthy; empty when its health does not matter. */
    @WithDefault("${APP_HEALTH_URL:}")
    Optional<String> appHealthUrl();

    /** How many times in a row the leader's application has to be unhealthy before it resigns. */
    @WithDefault("${APP_HEALTH_FAILURES:3}")
    Optional<String> appHealthFailures();

    /** Who may lead when no replica's application is healthy: {@code nobody} or {@code anyone}. */
    @WithDefault("${APP_HEALTH_FALLBACK:nobody}")
    Optional<String> appHealthFallback();

    /** Where to POST the state when this replica begins to lead; empty for nowhere. */
    @WithDefault("${ON_LEADING_URL:}")
    Optional<String> onLeadingUrl();

    /** Where to POST the state when this replica stops leading; empty for nowhere. */
    @WithDefault("${ON_FOLLOWING_URL:}")
    Optional<String> onFollowingUrl();

    /** How log lines are written: as {@code text} or as {@code json}. */
    @WithDefault("${LOG_FORMAT:text}")
    Optional<String> logFormat();
}
