package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The one Lease of an API server, with versions, preconditions and watchers as the real one has them; without network:
 * {@link SimulatedConnection} puts one in between.
 */
final class SimulatedApiServer {

    /** One who is told of each change. */
    interface Watcher {
        void event(boolean deleted, LeaseDocument lease);
    }

    /** Versions of different histories, in one order: that of time. */
    private static final long HISTORY = 1_000_000_000_000L;

    private final LongSupplier clusterRevision;
    private final Map<Long, Integer> historyOf = new HashMap<>();
    private final List<Watcher> watchers = new ArrayList<>();
    private @Nullable Lease lease;
    private long revision = 100;
    private long lost;
    private int history;
    private int uids;
    private int writes;
    private int conflicts;
    private int reads;

    /** Of a cluster in which nothing else is written. */
    SimulatedApiServer() {
        this(() -> 0);
    }

    /** @param clusterRevision the revision that all the other writes in the cluster bring about */
    SimulatedApiServer(LongSupplier clusterRevision) {
        this.clusterRevision = clusterRevision;
    }

    Optional<LeaseDocument> get() {
        reads++;
        return present();
    }

    /** The answer of {@link #get}, without a request. */
    Optional<LeaseDocument> present() {
        return Optional.ofNullable(lease).map(LeaseDocument::new);
    }

    LeaseDocument create(LeaseDocument document) {
        if (lease != null) {
            conflicts++;
            throw new ApiException(409, "exists", null);
        }
        writes++;
        uids++;
        return store(new LeaseBuilder(document.toLease())
                .editMetadata()
                .withUid("uid-" + uids)
                .endMetadata()
                .build());
    }

    LeaseDocument replace(LeaseDocument document) {
        if (lease == null) {
            throw new ApiException(404, "absent", null);
        }
        // One without a version is stored whatever has become of the Lease, as the real one does it.
        if (document.version() != 0 && document.version() != new LeaseDocument(lease).version()) {
            conflicts++;
            throw new ApiException(409, "changed", null);
        }
        writes++;
        return store(document.toLease());
    }

    /** Somebody else changes it, without asking for the version. */
    void edit(UnaryOperator<LeaseBuilder> change) {
        if (lease != null) {
            store(change.apply(new LeaseBuilder(lease)).build());
        }
    }

    /** Somebody else puts {@code document} there. */
    void put(LeaseDocument document) {
        uids++;
        store(new LeaseBuilder(document.toLease())
                .editMetadata()
                .withUid("uid-" + uids)
                .endMetadata()
                .build());
    }

    /** Its etcd is restored from a backup of when the Lease was {@code document}; null when it was not there. */
    void restore(@Nullable LeaseDocument document, long atRevision) {
        lost += revisionOfOthers() - atRevision;
        revision = atRevision;
        history++;
        lease = document == null ? null : document.toLease();
    }

    /** The version of the last write. */
    long revision() {
        return revision;
    }

    private long revisionOfOthers() {
        return clusterRevision.getAsLong() - lost;
    }

    /** Where {@code version} is in the order of time; a restore leaves all versions of before behind. */
    long order(long version) {
        return historyOf.getOrDefault(version, 0) * HISTORY + version;
    }

    void delete() {
        if (lease != null) {
            Lease last = versioned(lease);
            lease = null;
            tell(true, new LeaseDocument(last));
        }
    }

    private LeaseDocument store(Lease changed) {
        Lease stored = versioned(changed);
        lease = stored;
        LeaseDocument document = new LeaseDocument(stored);
        tell(false, document);
        return document;
    }

    private Lease versioned(Lease changed) {
        revision = Math.max(revision + 1, revisionOfOthers());
        if (history > 0) {
            historyOf.put(revision, history);
        }
        return new LeaseBuilder(changed)
                .editMetadata()
                .withResourceVersion(Long.toString(revision))
                .endMetadata()
                .build();
    }

    private void tell(boolean deleted, LeaseDocument document) {
        List.copyOf(watchers).forEach(w -> w.event(deleted, document));
    }

    void watch(Watcher watcher) {
        watchers.add(watcher);
    }

    void unwatch(Watcher watcher) {
        watchers.remove(watcher);
    }

    int reads() {
        return reads;
    }

    int writes() {
        return writes;
    }

    int conflicts() {
        return conflicts;
    }
}
