package io.github.leaderelector.config;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/**
 * The settings as text, each with its environment variable and its default.
 *
 * <p>Each setting is a property {@code leader-elector.*}, or the environment variable named in its default; the
 * property wins. Durations are written {@code 15s}, {@code 500ms}, {@code 1m30s}, {@code PT15S}, or as a plain number
 * of seconds.
 *
 * <p>The values are text so that {@link Settings#of} reports all errors at once and in our own words, not the
 * converters of Quarkus one by one.
 *
 * <p>The table in {@code docs/settings.md} is generated from this file: the description, and the allowed values after
 * {@code @return}.
 */
// UnknownSettings reads the methods by reflection.
@RegisterForReflection(fields = false)
@ConfigMapping(prefix = "leader-elector")
public interface LeaderElectorConfig {

    /**
     * The Lease that the replicas compete for. Required.
     *
     * @return a name that Kubernetes takes: lower case letters, digits, {@code -} and {@code .}; at most 253 characters
     */
    @WithDefault("${LEASE_NAME:}")
    Optional<String> leaseName();

    /**
     * The namespace of the Lease. When empty: the pod's own, or that of the kubeconfig's context, or else
     * {@code default}.
     *
     * @return lower case letters, digits and {@code -}; at most 63 characters
     */
    @WithDefault("${NAMESPACE:}")
    Optional<String> namespace();

    /**
     * Who we are in the Lease and in the leader file. When empty: the hostname, which in a pod is the pod's name.
     *
     * @return a name that no other replica has; no control characters; at most 253 characters
     */
    @WithDefault("${IDENTITY:}")
    Optional<String> identity();

    /**
     * How long others wait, after they last saw the Lease renewed, before they take it.
     *
     * @return whole seconds, at least 1, longer than {@code RENEW_DEADLINE}
     */
    @WithDefault("${LEASE_DURATION:15s}")
    Optional<String> leaseDuration();

    /**
     * How long the leader leads on after it sent a renewal that succeeded.
     *
     * @return at least 1 ms, longer than 1.2 times {@code RETRY_PERIOD}
     */
    @WithDefault("${RENEW_DEADLINE:10s}")
    Optional<String> renewDeadline();

    /**
     * How often the leader renews the Lease.
     *
     * @return at least 1 ms
     */
    @WithDefault("${RETRY_PERIOD:2s}")
    Optional<String> retryPeriod();

    /**
     * The file that exists while, and only while, this replica leads. Empty for none.
     *
     * @return the path of a file, not of a symbolic link, in a directory that exists and may be written to
     */
    @WithDefault("${LEADER_FILE:/tmp/leader_status}")
    Optional<String> leaderFile();

    /**
     * When the readiness probe succeeds: from when the Lease was first seen, or only on the leader.
     *
     * @return {@code always} or {@code leader}
     */
    @WithDefault("${READINESS:always}")
    Optional<String> readiness();

    /**
     * The port of the HTTP server.
     *
     * @return 1 to 65535, or 0 for any free port
     */
    @WithDefault("${HTTP_PORT:4040}")
    Optional<String> httpPort();

    /**
     * How many event streams the own pod may have open at once, and all others together a quarter as many; further ones
     * are answered 429.
     *
     * @return 0 to 100000
     */
    @WithDefault("${MAX_STREAMS:1024}")
    Optional<String> maxStreams();

    /**
     * The label that the leader's pod carries. Empty for none.
     *
     * @return {@code key=value}, as Kubernetes takes it
     */
    @WithDefault("${LEADER_LABEL:}")
    Optional<String> leaderLabel();

    /**
     * The Service that follows the leader: one without a selector in the pod's namespace, whose EndpointSlices the
     * leader writes. Empty for none.
     *
     * @return a Service's name
     */
    @WithDefault("${LEADER_SERVICE:}")
    Optional<String> leaderService();

    /**
     * The addresses of this pod, for the EndpointSlices. When empty: those in the pod's status.
     *
     * @return IP addresses with commas between them, as the downward API has them in {@code status.podIPs}
     */
    @WithDefault("${POD_IPS:}")
    Optional<String> podIps();

    /**
     * The pod that carries the label. When empty: the hostname.
     *
     * @return a pod's name
     */
    @WithDefault("${POD_NAME:}")
    Optional<String> podName();

    /**
     * Whether changes of leadership are written as Kubernetes Events on the Lease.
     *
     * @return {@code true} or {@code false}
     */
    @WithDefault("${KUBERNETES_EVENTS:true}")
    Optional<String> kubernetesEvents();

    /**
     * How long the Lease is held on after the claim was dropped, so that the application can finish.
     *
     * @return 0s to 1h
     */
    @WithDefault("${DRAIN:0s}")
    Optional<String> drain();

    /**
     * Where the application says whether it is healthy. Empty when its health does not matter.
     *
     * @return an http or https URL without a user
     */
    @WithDefault("${APP_HEALTH_URL:}")
    Optional<String> appHealthUrl();

    /**
     * How many times in a row the leader's application has to be unhealthy before it resigns.
     *
     * @return 1 to 1000
     */
    @WithDefault("${APP_HEALTH_FAILURES:3}")
    Optional<String> appHealthFailures();

    /**
     * Who may lead when no replica's application is healthy.
     *
     * @return {@code nobody} or {@code anyone}
     */
    @WithDefault("${APP_HEALTH_FALLBACK:nobody}")
    Optional<String> appHealthFallback();

    /**
     * Where to POST the state when this replica begins to lead. Empty for nowhere.
     *
     * @return an http or https URL without a user
     */
    @WithDefault("${ON_LEADING_URL:}")
    Optional<String> onLeadingUrl();

    /**
     * Where to POST the state when this replica stops leading. Empty for nowhere.
     *
     * @return an http or https URL without a user
     */
    @WithDefault("${ON_FOLLOWING_URL:}")
    Optional<String> onFollowingUrl();

    /**
     * How log lines are written.
     *
     * @return {@code text} or {@code json}
     */
    @WithDefault("${LOG_FORMAT:text}")
    Optional<String> logFormat();
}
