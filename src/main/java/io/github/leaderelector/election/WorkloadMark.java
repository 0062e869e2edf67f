package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.text.ForeignText;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Marks the Lease with the workload that holds it, and says so when that turns out to be another one than ours: two
 * workloads that use one Lease by mistake have one leader between them.
 *
 * <p>Nothing else depends on the mark. To refuse a Lease that bears another's would leave a workload that was renamed
 * without a leader for good.
 *
 * <p>For the election's thread only.
 */
final class WorkloadMark {

    private static final Logger LOG = Logger.getLogger(WorkloadMark.class);

    private final LeaseRef ref;
    private final String identity;
    private final Optional<String> workload;
    private @Nullable String reported;

    /** The mark of the workload that the pod's name tells; if it tells none, nothing is marked or reported. */
    WorkloadMark(ElectionSettings settings) {
        this.ref = settings.lease();
        this.identity = settings.identity();
        this.workload = PodName.of(settings.podName()).workload();
    }

    /** {@code lease}, about to be written with us as its holder, with our mark or with none. */
    LeaseDocument on(LeaseDocument lease) {
        return Optional.ofNullable(lease.workload()).equals(workload) ? lease : lease.withWorkload(workload);
    }

    /** Looks whether another workload holds {@code lease}; says so once, until it changes. */
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
