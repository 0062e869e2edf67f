package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.config.PodLabel;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.kubernetes.Pods.Pod;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The label that the leader's pod carries, and no other pod of the same election. Made only if there is to be one.
 *
 * <p>With the label goes an annotation of the same key, the <em>mark</em>: the Lease and the fencing token. By it a new
 * leader knows which pods still carry the label of its election, because their node is cut off or their sidecar died;
 * it takes the label off them before it sets its own. While it leads it looks at the labelled pods again once a minute,
 * with one request, and makes good what was done to the label outside. A follower asks for nothing, but once, at the
 * start, whether its pod still carries the label of an earlier life.
 *
 * <p>For one thread at a time. Blocks while it waits for the API server.
 */
@Singleton
public final class LeaderLabel implements LeadershipObserver {

    private static final Logger LOG = Logger.getLogger(LeaderLabel.class);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** What is known of the label on our own pod. */
    private enum Sign {
        /** Nothing: an earlier process of ours may have left it there. */
        UNSEEN,
        DOWN,
        /** It is there, or may be: a request to set it was not answered. */
        UP,
    }

    private final Pods pods;
    private final PodLabel label;
    private final String podName;
    private final BooleanSupplier leads;
    private final Ticker ticker;
    private final Counter failures;
    private final Runnable permissionCheck;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    private Sign sign = Sign.UNSEEN;

    /** Our own pod as first seen, for what does not change: its uid and what controls it. */
    private @Nullable Pod own;

    /** The mark of the tenure that we were last told of; null when we were told not to lead. */
    private @Nullable String toldMark;

    private long nextTryNanos;
    private boolean failing;

    /** The label that the settings name, which they must. */
    @Inject
    public LeaderLabel(
            Settings settings, AccessStore access, Api api, LeadershipHub hub, Ticker ticker, MeterRegistry meters) {
        this(
                new LabelledPods(
                        api, namespace(access, hub), settings.leaderLabel().orElseThrow()),
                settings.leaderLabel().orElseThrow(),
                settings.podName(),
                hub::leads,
                ticker,
                meters,
                new PermissionCheck(
                                api,
                                namespace(access, hub),
                                "pods",
                                List.of("get", "list", "patch"),
                                "LEADER_LABEL",
                                ticker)::run);
    }

    /**
     * @param pods the pods of our own pod's namespace
     * @param leads whether this process leads at the moment of asking
     * @param permissionCheck called again and again; finds out for itself when there is something to do
     */
    LeaderLabel(
            Pods pods,
            PodLabel label,
            String podName,
            BooleanSupplier leads,
            Ticker ticker,
            MeterRegistry meters,
            Runnable permissionCheck) {
        this.pods = pods;
        this.label = label;
        this.podName = podName;
        this.leads = leads;
        this.ticker = ticker;
        this.permissionCheck = permissionCheck;
        this.nextTryNanos = ticker.nanoTime();
        this.failures = Counter.builder("leader_elector_label_failures")
                .description("Failed attempts to set or remove the leader's label")
                .register(meters);
    }

    /** The namespace that our pod is in: its own, or that of the kubeconfig's context, or else that of the Lease. */
    private static String namespace(AccessStore access, LeadershipHub hub) {
        return access.namespace().orElseGet(() -> hub.current().lease().namespace());
    }

    /**
     * Makes our pod carry the label, and the other pods not; or our pod not.
     *
     * @throws IOException if our pod carries the label though it must not, or may do so, and it could not be removed. A
     *     label that cannot be set is logged instead: to wait for it would help nobody.
     */
    @Override
    public void onLeadership(Leadership leadership) throws IOException {
        permissionCheck.run();
        Claim claim = leadership.claim();
        @Nullable
        String mark = claim != null && leads.getAsBoolean() ? leadership.lease() + " " + claim.fencingToken() : null;
        if (mark == null ? toldMark != null : !mark.equals(toldMark)) {
            toldMark = mark;
            tryAtOnce();
        }
        if (mark == null) {
            follow();
        } else {
            lead(leadership.lease() + " ", mark);
        }
    }

    private void lead(String markOfAnyTenure, String mark) throws IOException {
        if (waiting()) {
            return;
        }
        @Nullable ApiException failure = null;
        boolean carried = false;
        try {
            carried = removeFromOthers(markOfAnyTenure, mark);
        } catch (ApiException failed) {
            failure = failed;
        }
        try {
            if (!carried && leads.getAsBoolean()) {
                set(mark);
            }
        } catch (ApiException failed) {
            failure = failed;
        }
        if (failure == null) {
            succeeded();
            nextTryNanos = ticker.nanoTime() + LOOK_AGAIN.toNanos();
        } else {
            failed(failure);
        }
        // Looked at last: the claim may have ended while the API server took its time.
        if (!leads.getAsBoolean()) {
            toldMark = null;
            tryAtOnce();
            follow();
        }
    }

    /** Whether our own pod carries the label with {@code mark}, so that nothing is to be set. */
    private boolean removeFromOthers(String markOfAnyTenure, String mark) throws ApiException {
        boolean carried = false;
        @Nullable ApiException failure = null;
        for (Pod pod : pods.labelled()) {
            if (pod.name().equals(podName)) {
                own = pod;
                carried = mark.equals(pod.mark());
            } else if (leads.getAsBoolean() && isOfOurElection(pod, markOfAnyTenure)) {
                try {
                    pods.unlabel(pod);
                    LOG.infof("LE-504 Pod '%s' still carried the label '%s'; it was removed there.", pod.name(), label);
                } catch (ApiException failed) {
                    // One that cannot be changed does not keep the others' labels; one that is gone has none.
                    failure = failed.gone() ? failure : failed;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return carried;
    }

    /** By its mark; a label without one was not set by us, and counts if the pod is of the same workload. */
    private boolean isOfOurElection(Pod pod, String markOfAnyTenure) throws ApiException {
        @Nullable String theirs = pod.mark();
        if (theirs != null) {
            return theirs.startsWith(markOfAnyTenure);
        }
        if (own == null) {
            own = pods.find(podName).orElse(null);
        }
        return pod.workload() != null && own != null && pod.workload().equals(own.workload());
    }

    private void set(String mark) throws ApiException {
        Sign before = sign;
        // Whatever becomes of the request.
        sign = Sign.UP;
        try {
            own = pods.label(podName, uid(), mark);
        } catch (ApiException failure) {
            if (failure.refused()) {
                sign = before;
            }
            throw failure;
        }
    }

    private void follow() throws IOException {
        if (sign == Sign.DOWN) {
            return;
        }
        if (waiting()) {
            throwIfUp(null);
            return;
        }
        try {
            if (sign == Sign.UNSEEN) {
                own = pods.find(podName).orElse(null);
                sign = own != null && own.labelled() ? Sign.UP : Sign.DOWN;
            }
            if (sign == Sign.UP) {
                pods.unlabel(podName, uid());
                sign = Sign.DOWN;
            }
            succeeded();
        } catch (ApiException failure) {
            if (failure.gone()) {
                sign = Sign.DOWN;
                return;
            }
            failed(failure);
            throwIfUp(failure);
        }
    }

    private void throwIfUp(@Nullable ApiException failure) throws IOException {
        if (sign == Sign.UP) {
            throw new IOException(
                    "Pod '" + podName + "' may still carry the label '" + label + "', though it does not lead.",
                    failure);
        }
    }

    private @Nullable String uid() {
        return own == null ? null : own.uid();
    }

    private boolean waiting() {
        return ticker.nanoTime() - nextTryNanos < 0;
    }

    private void tryAtOnce() {
        nextTryNanos = ticker.nanoTime();
        backoff.reset();
    }

    private void failed(ApiException failure) {
        failures.increment();
        nextTryNanos = ticker.nanoTime() + backoff.next().toNanos();
        if (!failing) {
            failing = true;
            LOG.warnf(
                    "LE-502 The label '%s' of pod '%s' cannot be kept in order: %s",
                    label, podName, failure.getMessage());
        }
    }

    private void succeeded() {
        backoff.reset();
        if (failing) {
            failing = false;
            LOG.infof("LE-503 The label '%s' of pod '%s' is in order again.", label, podName);
        }
    }
}
