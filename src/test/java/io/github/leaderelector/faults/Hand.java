package io.github.leaderelector.faults;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** Changes of a Lease by a client that should not change it. */
enum Hand {
    DELETES("deleted"),
    EMPTIES_THE_SPEC("emptied (spec {})"),
    EMPTIES_THE_HOLDER("emptied (holder \"\")"),
    OVERWRITES("overwritten");

    private final String what;

    Hand(String what) {
        this.what = what;
    }

    /** Does it, whatever the leader writes meanwhile. */
    void lay(Resource<Lease> lease) {
        if (this == DELETES) {
            lease.delete();
            return;
        }
        LeaseSpec spec = lease.get().getSpec();
        switch (this) {
            case EMPTIES_THE_SPEC -> spec = new LeaseSpec();
            case EMPTIES_THE_HOLDER -> spec.setHolderIdentity("");
            default -> {
                spec.setHolderIdentity("intruder");
                spec.setRenewTime(ZonedDateTime.now(ZoneOffset.UTC));
            }
        }
        String value =
                Serialization.asJson(new LeaseBuilder().withSpec(spec).build().getSpec());
        lease.patch(
                PatchContext.of(PatchType.JSON), "[{\"op\":\"replace\",\"path\":\"/spec\",\"value\":" + value + "}]");
    }

    @Override
    public String toString() {
        return what;
    }
}
