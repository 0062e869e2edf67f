package io.github.leaderelector.outlet.service;

import io.github.leaderelector.leadership.LastingProblem;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.text.ForeignText;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;

/** Logs problems with the Service and its slices: each problem once, and once its end. For one thread. */
final class ServiceLog {

    private static final Logger LOG = Logger.getLogger(LeaderService.class);

    private final String service;
    private final Counter failures;
    private final Set<String> foreign = new HashSet<>();
    private List<String> problems = List.of();
    private final LastingProblem failing;
    private final LastingProblem unwatched;
    private long laterToken;

    /** @param service {@code namespace/name} */
    ServiceLog(String service, Ticker ticker, MeterRegistry meters) {
        this.service = service;
        this.failing = new LastingProblem(ticker);
        this.unwatched = new LastingProblem(ticker);
        this.failures = Counter.builder("leader_elector_service_failures")
                .description("Failed attempts to keep the EndpointSlices of the leader's Service in order")
                .register(meters);
    }

    /** Logs the problems of the Service; there are none, if {@code found} is empty. */
    void problems(List<String> found) {
        if (found.equals(problems)) {
            return;
        }
        found.stream()
                .filter(problem -> !problems.contains(problem))
                .forEach(problem -> LOG.warnf(
                        "LE-506 Service '%s' cannot follow the leader as it is: %s. The election goes on.",
                        service, problem));
        if (found.isEmpty()) {
            LOG.infof("LE-507 Service '%s' can follow the leader.", service);
        }
        problems = found;
    }

    /** Logs a failed request. */
    void failed(String why) {
        failures.increment();
        if (failing.occurred(why)) {
            LOG.warnf("LE-508 The EndpointSlices of Service '%s' cannot be kept in order: %s", service, why);
        }
    }

    /** Logs that the slices match the desired state. */
    void inOrder() {
        if (failing.ended()) {
            LOG.infof("LE-509 The EndpointSlices of Service '%s' are in order again.", service);
        }
    }

    /**
     * Checks the slices of the Service for slices of other writers; {@code ours} are the names of those that we write.
     */
    void seen(Collection<Slice> slices, Set<String> ours) {
        for (Slice slice : slices) {
            if (!ours.contains(slice.name()) && slice.hasEndpoints() && foreign.add(slice.name())) {
                LOG.warnf(
                        "LE-510 EndpointSlice '%s' of Service '%s' is not written by the leader, and sends traffic to"
                                + " others as well; delete it, and the Endpoints of that name, if there are any.",
                        ForeignText.name(slice.name()), service);
            }
        }
    }

    /** Logs that {@code slice} has a larger token than ours, {@code token}, while we lead. */
    void later(Slice slice, long token) {
        if (laterToken != slice.token()) {
            laterToken = slice.token();
            LOG.warnf(
                    "LE-511 EndpointSlice '%s' of Service '%s' has the fencing token %d, which is later than our %d; it is"
                            + " left alone. If no other Lease's leader writes it, delete it.",
                    slice.name(), service, slice.token(), token);
        }
    }

    /** Logs that the slices cannot be watched. */
    void unwatched(String why) {
        if (unwatched.occurred(why)) {
            LOG.warnf(
                    "LE-512 The EndpointSlices of Service '%s' cannot be watched: %s What is changed in them is noticed"
                            + " within %d s.",
                    service, why, Reconciler.LOOK_UNWATCHED.toSeconds());
        }
    }
}
