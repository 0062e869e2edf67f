package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.github.leaderelector.kubernetes.Json;

/** Leases of Fabric8's model, in which tests write and read them with less ado, as documents and back. */
final class Leases {

    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private Leases() {}

    static LeaseDocument document(Lease lease) {
        return new LeaseDocument(Json.read(JSON.asJson(lease)));
    }

    static Lease model(LeaseDocument document) {
        return JSON.unmarshal(document.toJson().toString(), Lease.class);
    }
}
