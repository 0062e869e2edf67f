package io.github.leaderelector.outlet.kubernetes;

import io.github.leaderelector.config.PodLabel;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.Permission;
import io.github.leaderelector.kubernetes.PermissionCheck;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.LastingProblem;
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
 * The label that only the leader's pod carries. Created only if {@code LEADER_LABEL} is set.
 *
 * <p>An annotation with the same key, the <em>mark</em>, names the Lease and the fencing token. By the mark a new
 * leader knows which pods still carry the label of its election, because their node is cut off or their sidecar died;
 * it removes the label from them before it sets its own. A leader lists the labelled pods once a minute, with one
 * request, and repairs the label. A follower makes one request at its start, to see whether its pod still carries the
 * label of an earlier process.
 *
 * <p>For one thread at a time. Blocks while it waits for the API server.
 */
@Singleton
public final class LeaderLabel implements LeadershipObserver {

    private static final Logger LOG = Logger.getLogger(LeaderLabel.class);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** The known state of the label on our own pod. */
    private enum Sign {
        /** Unknown: an earlier process may have left it. */
        UNSEEN,
        DOWN,
        /** Set, or maybe set: a request to set it was not answered. */
        UP,
    }

    private final Pods pods;
    private final PodLabel label;
    private final String podName;
    private final BooleanSupplier leads;
    private final Ticker ticker;
    private final Counter failures;
    private final Runnable permissionCheck;
    private final LastingProblem problem;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    private Sign sign = Sign.UNSEEN;

    /** Our own pod as first seen; used for its uid and its controller, which do not change. */
    private @Nullable Pod own;

    /** The mark of the last known tenure of this replica; null while it does not lead. */
    private @Nullable String toldMark;

    private long nextTryNanos;

    /** The label that the settings name; they must name one. */
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
                        api::ask,
                        namespace(access, hub),
                        List.of(new Permission("", "pods", null, List.of("get", "list", "patch"))),
                        "LEADER_LABEL",
                        ticker)::run);
    }

    /**
     * @param pods the pods of our own pod's namespace
     * @param leads whether this process leads at the moment of asking
     * @param permissionCheck called at each state; does something only if it is due
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
        this.problem = new LastingProblem(ticker);
        this.nextTryNanos = ticker.nanoTime();
        this.failures = Counter.builder("leader_elector_label_failures")
                .description("Failed attempts to set or remove the leader's label")
                .register(meters);
    }

    /** The namespace of our pod, or that of the kubeconfig's context, or else that of the Lease. */
    private static String namespace(AccessStore access, LeadershipHub hub) {
        return access.namespace().orElseGet(() -> hub.current().lease().namespace());
    }

    /**
     * Sets the label on our pod and removes it from other pods; or removes it from our pod.
     *
     * @throws IOException if our pod carries, or may carry, the label although it must not, and it could not be
     *     removed. A label that cannot be set is only logged, because nothing needs to wait for it.
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
        // Checked last: the claim may have ended while the API server answered.
        if (!leads.getAsBoolean()) {
            toldMark = null;
            tryAtOnce();
            follow();
        }
    }

    /** Removes the label from other pods; returns whether our own pod already carries it with {@code mark}. */
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
                    // A pod that cannot be changed must not stop the removal from others; a deleted pod has no label.
                    failure = failed.gone() ? failure : failed;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        return carried;
    }

    /** Whether the pod's mark names our Lease; a pod without a mark counts if it is of the same workload. */
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
        // Set before the request, because the request may succeed without an answer.
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
        String why = String.valueOf(failure.getMessage());
        if (problem.occurred(why)) {
            LOG.warnf("LE-502 The label '%s' of pod '%s' cannot be kept in order: %s", label, podName, why);
        }
    }

    private void succeeded() {
        backoff.reset();
        if (problem.ended()) {
            LOG.infof("LE-503 The label '%s' of pod '%s' is in order again.", label, podName);
        }
    }
}
