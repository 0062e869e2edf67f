package io.github.leaderelector.election;

import io.github.leaderelector.leadership.LeaseRef;
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
 * <p>Safe for use by many threads.
 */
final class WorkloadMark {

    private static final Logger LOG = Logger.getLogger(WorkloadMark.class);

    private final LeaseRef ref;
    private final String identity;
    private final Optional<String> workload;
    private @Nullable String reported;

    /** @param workload the name of ours; empty when it is not known, which marks nothing and reports nothing */
    WorkloadMark(LeaseRef ref, String identity, Optional<String> workload) {
        this.ref = ref;
        this.identity = identity;
        this.workload = workload;
    }

    /** {@code lease}, about to be written with us as its holder, with our mark or with none. */
    LeaseDocument on(LeaseDocument lease) {
        return Optional.ofNullable(lease.workload()).equals(workload) ? lease : lease.withWorkload(workload);
    }

    /** Looks whether another workload holds {@code lease}; says so once, until it changes. */
    synchronized void check(LeaseDocument lease) {
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
                    ref, holder, other, workload.get());
        }
    }
}
