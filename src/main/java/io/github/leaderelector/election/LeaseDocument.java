package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Lease as the API server stores it, read without stumbling over what is missing in it.
 *
 * <p>Immutable as long as nobody changes the wrapped object, which this class never hands out for that. Changed copies
 * keep all metadata and all fields of the spec that they are not about.
 */
public final class LeaseDocument {

    /** The annotation that carries {@link #successor}. */
    static final String SUCCESSOR = "leader-elector.github.io/successor";

    /** The annotation that carries {@link #workload}. */
    static final String WORKLOAD = "leader-elector.github.io/workload";

    private final Lease lease;

    /** Wraps {@code lease}, which must not be changed afterwards. */
    public LeaseDocument(Lease lease) {
        this.lease = lease;
    }

    /** A Lease that is yet to be created and held by nobody. */
    static LeaseDocument initial(LeaseRef ref) {
        return new LeaseDocument(new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(ref.namespace())
                .withName(ref.name())
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build());
    }

    /** The wrapped object, for sending; not to be changed. */
    public Lease toLease() {
        return lease;
    }

    /**
     * Its {@code resourceVersion} as a number, which since Kubernetes 1.35 is promised to be comparable; 0 when it has
     * none yet.
     */
    public long version() {
        String text = lease.getMetadata() == null ? null : lease.getMetadata().getResourceVersion();
        if (text == null || text.isEmpty()) {
            return 0;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException opaque) {
            return 0;
        }
    }

    /** Who holds it; null when nobody does. */
    public @Nullable String holder() {
        String holder = spec().getHolderIdentity();
        return holder == null || holder.isEmpty() ? null : holder;
    }

    /** Its {@code leaseDurationSeconds}, or {@code otherwise} when there is none that makes sense. */
    public Duration duration(Duration otherwise) {
        Integer seconds = spec().getLeaseDurationSeconds();
        return seconds == null || seconds < 1 ? otherwise : Duration.ofSeconds(seconds);
    }

    /** Its {@code leaseTransitions}; 0 when missing. */
    public int term() {
        Integer transitions = spec().getLeaseTransitions();
        return transitions == null ? 0 : transitions;
    }

    /** Its {@code renewTime}, by the holder's wall clock; null when missing. */
    public @Nullable Instant renewTime() {
        ZonedDateTime time = spec().getRenewTime();
        return time == null ? null : time.toInstant();
    }

    /** Its {@code acquireTime}, by the holder's wall clock; null when missing. */
    public @Nullable Instant acquireTime() {
        ZonedDateTime time = spec().getAcquireTime();
        return time == null ? null : time.toInstant();
    }

    /**
     * Whether nobody holds it because its holder released it: by the convention of client-go, which this project
     * follows, an empty holder and a duration of one second. An empty holder alone may be the work of somebody else
     * while the holder still believes.
     */
    boolean released() {
        Integer seconds = spec().getLeaseDurationSeconds();
        return holder() == null && seconds != null && seconds <= 1;
    }

    /** Whether {@code other} is the same object in the same state, its metadata aside. */
    boolean sameState(LeaseDocument other) {
        return Objects.equals(uid(), other.uid()) && spec().equals(other.spec());
    }

    /** The candidate whose turn is next, see {@link Succession}; null when there is none. */
    @Nullable
    String successor() {
        String successor = annotation(SUCCESSOR);
        return successor == null || successor.isEmpty() ? null : successor;
    }

    /** The workload that the holder belongs to, see {@link WorkloadMark}; null when it is not known. */
    @Nullable
    String workload() {
        String workload = annotation(WORKLOAD);
        return workload == null || workload.isEmpty() ? null : workload;
    }

    private @Nullable String annotation(String key) {
        return lease.getMetadata() == null || lease.getMetadata().getAnnotations() == null
                ? null
                : lease.getMetadata().getAnnotations().get(key);
    }

    /** A copy that names {@code successor} as the next. */
    LeaseDocument withSuccessor(String successor) {
        return new LeaseDocument(copy().editMetadata()
                .addToAnnotations(SUCCESSOR, successor)
                .endMetadata()
                .build());
    }

    /** A copy that names nobody as the next. */
    LeaseDocument withoutSuccessor() {
        return new LeaseDocument(copy().editMetadata()
                .removeFromAnnotations(SUCCESSOR)
                .endMetadata()
                .build());
    }

    /** A copy that is marked with {@code workload}, or not marked. */
    LeaseDocument withWorkload(Optional<String> workload) {
        LeaseBuilder unmarked =
                copy().editMetadata().removeFromAnnotations(WORKLOAD).endMetadata();
        return new LeaseDocument(workload.map(name ->
                        unmarked.editMetadata().addToAnnotations(WORKLOAD, name).endMetadata())
                .orElse(unmarked)
                .build());
    }

    /** A copy held by {@code holder}. */
    LeaseDocument heldBy(String holder, Duration duration, Instant acquireTime, Instant renewTime, int term) {
        return new LeaseDocument(copy().editOrNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(Math.toIntExact(duration.toSeconds()))
                .withAcquireTime(acquireTime.atZone(ZoneOffset.UTC))
                .withRenewTime(renewTime.atZone(ZoneOffset.UTC))
                .withLeaseTransitions(term)
                .endSpec()
                .build());
    }

    /**
     * A copy that its holder has released. The times stay, because stock Fabric8 clients on the same Lease fail for
     * good on one without.
     */
    LeaseDocument releasedAt(Instant renewTime) {
        return new LeaseDocument(copy().editOrNewSpec()
                .withHolderIdentity("")
                .withLeaseDurationSeconds(1)
                .withRenewTime(renewTime.atZone(ZoneOffset.UTC))
                .endSpec()
                .build());
    }

    private LeaseBuilder copy() {
        // managedFields are the server's; sending them back asks it to merge them for nothing.
        return new LeaseBuilder(lease).editOrNewMetadata().withManagedFields().endMetadata();
    }

    /** What tells it from another of the same name; null when it has none yet. */
    @Nullable
    String uid() {
        return lease.getMetadata() == null ? null : lease.getMetadata().getUid();
    }

    private LeaseSpec spec() {
        return lease.getSpec() == null ? EMPTY : lease.getSpec();
    }

    private static final LeaseSpec EMPTY = new LeaseSpec();
}
