package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.text.ForeignText;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes the name of the holder's workload into the Lease, and logs a warning if it is another workload than ours: two
 * workloads that use one Lease by mistake have only one leader together.
 *
 * <p>Nothing else depends on the mark. If a replica refused a Lease with another workload's mark, a renamed workload
 * would never have a leader again.
 *
 * <p>For the election's thread only.
 */
final class WorkloadMark {

    private static final Logger LOG = Logger.getLogger(WorkloadMark.class);

    private final LeaseRef ref;
    private final String identity;
    private final Optional<String> workload;
    private @Nullable String reported;

    /** The mark of our workload, taken from the pod's name. If that has no workload, nothing is marked or logged. */
    WorkloadMark(ElectionSettings settings) {
        this.ref = settings.lease();
        this.identity = settings.identity();
        this.workload = PodName.of(settings.podName()).workload();
    }

    /** A copy of {@code lease} with our mark, or without one; for a write that makes us the holder. */
    LeaseDocument on(LeaseDocument lease) {
        return Optional.ofNullable(lease.workload()).equals(workload) ? lease : lease.withWorkload(workload);
    }

    /** Checks whether another workload holds {@code lease}; logs it once, until it changes. */
    void check(LeaseDocument lease) {
        @Nullable String holder = lease.holder();
        if (holder == null || workload.isEmpty()) {
            return;
        }
        @Nullable String other = lease.workload();
        if (other == null || other.equals(workload.get()) || holder.equals(identity)) {
            reported = null;
        } else if (!other.equals(reported)) {
            reported = other;
            LOG.warnf(
                    "LE-211 Lease %s is held by '%s' of workload '%s', but this replica belongs to '%s': workloads that"
                            + " share a Lease have one leader between them; give each a LEASE_NAME of its own.",
                    ref, ForeignText.name(holder), ForeignText.name(other), workload.get());
        }
    }
}
