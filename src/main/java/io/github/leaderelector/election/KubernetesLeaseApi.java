package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.ApiRequest;
import io.github.leaderelector.kubernetes.ApiResponse;
import io.github.leaderelector.kubernetes.Permission;
import io.github.leaderelector.leadership.LeaseRef;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The API server, by a client of its own. Neither the merging of Fabric8's typed client, whose {@code replace()}
 * overwrites what another has written meanwhile, nor its watch, which calls itself open before it is answered.
 */
final class KubernetesLeaseApi implements LeaseApi {

    private static final Logger LOG = Logger.getLogger(KubernetesLeaseApi.class);

    private static final String GROUP = "coordination.k8s.io";
    private static final String LEASE = "a Lease";

    /** What the election does; that it may is asked in one go. */
    private static final List<String> VERBS = List.of("get", "watch", "update", "create");

    private final ApiClient client;
    private final LeaseRef ref;
    private final String collection;

    /** @param client closed with this */
    KubernetesLeaseApi(ApiClient client, LeaseRef ref) {
        this.client = client;
        this.ref = ref;
        this.collection = "/apis/coordination.k8s.io/v1/namespaces/" + ref.namespace() + "/leases";
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        return client.send(
                        ApiRequest.get("get Lease " + ref, collection + "/" + ref.name()),
                        LEASE,
                        KubernetesLeaseApi::lease)
                .thenApply(Optional::of)
                .exceptionallyCompose(thrown -> ApiException.from(thrown).notFound()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : CompletableFuture.failedFuture(thrown));
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return client.send(
                ApiRequest.post("create Lease " + ref, collection, text(lease)), LEASE, KubernetesLeaseApi::lease);
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        return client.send(
                ApiRequest.put("update Lease " + ref, collection + "/" + ref.name(), text(lease)),
                LEASE,
                KubernetesLeaseApi::lease);
    }

    private static String text(LeaseDocument lease) {
        return lease.toJson().toString();
    }

    /** What was stored; null if it is none. */
    private static @Nullable LeaseDocument lease(ApiResponse answer) {
        LeaseDocument lease = new LeaseDocument(answer.json());
        return lease.isStored() ? lease : null;
    }

    /**
     * A watch on one object is one on the collection that shows nothing else; a Role with {@code resourceNames} allows
     * it.
     */
    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        LeaseStream stream = new LeaseStream(listener);
        return client.watch(
                        ApiRequest.get(
                                "watch Lease " + ref,
                                collection + "?watch=true&fieldSelector=metadata.name%3D" + ref.name()),
                        stream)
                .thenApply(watch -> {
                    stream.onHangUp(watch::close);
                    return stream;
                });
    }

    @Override
    public void reportMissingPermissions() {
        Permission needed = new Permission(GROUP, "leases", ref.name(), VERBS);
        var unused = needed.missing(ref.namespace(), client::ask).whenComplete((missing, thrown) -> {
            if (thrown != null) {
                LOG.debugf(
                        "Permissions cannot be checked: %s",
                        ApiException.from(thrown).getMessage());
            } else if (!missing.isEmpty()) {
                LOG.warnf(
                        "LE-207 Not allowed to %s leases.coordination.k8s.io '%s' in namespace '%s'; add to the Role of"
                                + " this ServiceAccount: %s.",
                        String.join(", ", missing), ref.name(), ref.namespace(), needed.rule(missing));
            }
        });
    }

    @Override
    public void close() {
        client.close();
    }
}
