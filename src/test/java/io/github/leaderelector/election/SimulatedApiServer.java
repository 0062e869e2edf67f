package io.github.leaderelector.election;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
    private @Nullable LeaseDocument lease;
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
        return Optional.ofNullable(lease);
    }

    LeaseDocument create(LeaseDocument document) {
        if (lease != null) {
            conflicts++;
            throw new ApiException(409, "exists", null);
        }
        writes++;
        uids++;
        return store(withMetadata(document, "uid", "uid-" + uids));
    }

    LeaseDocument replace(LeaseDocument document) {
        if (lease == null) {
            throw new ApiException(404, "absent", null);
        }
        // One without a version is stored whatever has become of the Lease, as the real one does it.
        if (document.version() != 0 && document.version() != lease.version()) {
            conflicts++;
            throw new ApiException(409, "changed", null);
        }
        writes++;
        return store(document);
    }

    /** Somebody else changes it, without asking for the version. */
    void edit(UnaryOperator<LeaseBuilder> change) {
        if (lease != null) {
            store(Leases.document(
                    change.apply(new LeaseBuilder(Leases.model(lease))).build()));
        }
    }

    /** Somebody else puts {@code document} there. */
    void put(LeaseDocument document) {
        uids++;
        store(withMetadata(document, "uid", "uid-" + uids));
    }

    /** Its etcd is restored from a backup of when the Lease was {@code document}; null when it was not there. */
    void restore(@Nullable LeaseDocument document, long atRevision) {
        lost += revisionOfOthers() - atRevision;
        revision = atRevision;
        history++;
        lease = document;
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
            LeaseDocument last = versioned(lease);
            lease = null;
            tell(true, last);
        }
    }

    private LeaseDocument store(LeaseDocument changed) {
        LeaseDocument stored = versioned(changed);
        lease = stored;
        tell(false, stored);
        return stored;
    }

    private LeaseDocument versioned(LeaseDocument changed) {
        revision = Math.max(revision + 1, revisionOfOthers());
        if (history > 0) {
            historyOf.put(revision, history);
        }
        return withMetadata(changed, "resourceVersion", Long.toString(revision));
    }

    /** A copy with {@code value} in its metadata; null takes away what is there. */
    static LeaseDocument withMetadata(LeaseDocument document, String field, @Nullable String value) {
        ObjectNode copy = document.toJson().deepCopy();
        ObjectNode metadata = copy.withObject("/metadata");
        if (value == null) {
            metadata.remove(field);
        } else {
            metadata.put(field, value);
        }
        return new LeaseDocument(copy);
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
