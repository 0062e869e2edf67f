package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.github.leaderelector.kubernetes.Json;
import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseDocumentTest {

    private static final Duration DEFAULT = Duration.ofSeconds(15);
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private static LeaseDocument lease(String uid, String version, String holder) {
        return Leases.document(new LeaseBuilder()
                .withNewMetadata()
                .withUid(uid)
                .withResourceVersion(version)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(holder)
                .endSpec()
                .build());
    }

    @Test
    void readsAnEmptyObject() {
        LeaseDocument empty = Leases.document(new Lease());

        assertThat(empty.version()).isZero();
        assertThat(empty.holder()).isNull();
        assertThat(empty.duration(DEFAULT)).isEqualTo(DEFAULT);
        assertThat(empty.term()).isZero();
        assertThat(empty.renewTime()).isNull();
        assertThat(empty.acquireTime()).isNull();
        assertThat(empty.released()).isFalse();
        assertThat(empty.sameState(Leases.document(new Lease()))).isTrue();
    }

    /** As somebody may have written it who is no API server. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "[]",
                "{}",
                "{\"metadata\":null,\"spec\":null}",
                "{\"metadata\":[],\"spec\":\"\"}",
                "{\"metadata\":{\"resourceVersion\":null,\"uid\":null,\"annotations\":null},\"spec\":{"
                        + "\"holderIdentity\":null,\"leaseDurationSeconds\":null,\"renewTime\":null}}",
                "{\"metadata\":{\"annotations\":\"none\"},\"spec\":{\"leaseDurationSeconds\":1e30,"
                        + "\"leaseTransitions\":2147483648,\"renewTime\":\"today\",\"acquireTime\":7}}",
            })
    void readsAndFillsWhatIsNoLease(String json) {
        LeaseDocument odd = new LeaseDocument(Json.read(json));

        assertThat(odd.isStored()).isFalse();
        assertThat(odd.version()).isZero();
        assertThat(odd.uid()).isNull();
        assertThat(odd.holder()).isNull();
        assertThat(odd.duration(DEFAULT)).isEqualTo(DEFAULT);
        assertThat(odd.term()).isZero();
        assertThat(odd.renewTime()).isNull();
        assertThat(odd.acquireTime()).isNull();
        assertThat(odd.successor()).isNull();
        assertThat(odd.released()).isFalse();
        LeaseDocument held = odd.withSuccessor("pod-b").heldBy("pod-a", DEFAULT, NOON, NOON, 4);
        assertThat(held.holder()).isEqualTo("pod-a");
        assertThat(held.successor()).isEqualTo("pod-b");
    }

    /** The API server stores times as MicroTime: what it answers is equal to what was sent. */
    @Test
    void writesTimesAsTheApiServerDoes() {
        LeaseDocument held = Leases.document(new Lease())
                .heldBy("pod-a", DEFAULT, NOON, Instant.parse("2026-01-01T12:00:00.000001Z"), 0);

        assertThat(held.toJson().path("spec").path("acquireTime").asText()).isEqualTo("2026-01-01T12:00:00.000000Z");
        assertThat(held.toJson().path("spec").path("renewTime").asText()).isEqualTo("2026-01-01T12:00:00.000001Z");
    }

    @Test
    void fillsAnEmptyObject() {
        LeaseDocument held = Leases.document(new Lease()).heldBy("pod-a", DEFAULT, NOON, NOON.plusSeconds(1), 4);

        assertThat(held.holder()).isEqualTo("pod-a");
        assertThat(held.duration(Duration.ZERO)).isEqualTo(DEFAULT);
        assertThat(held.acquireTime()).isEqualTo(NOON);
        assertThat(held.renewTime()).isEqualTo(NOON.plusSeconds(1));
        assertThat(held.term()).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,0", "'',0", "17,17", "9007199254740993,9007199254740993", "opaque,0"})
    void takesTheVersionForANumber(String text, long version) {
        assertThat(lease("u", text, null).version()).isEqualTo(version);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {"-,1,true", "'',1,true", "'',0,true", "'',2,false", "'',-,false", "pod-a,1,false"})
    void isReleasedWithoutAHolderAndWithADurationOfOneSecond(String holder, Integer seconds, boolean released) {
        LeaseDocument lease = Leases.document(new LeaseBuilder()
                .withNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds(seconds)
                .endSpec()
                .build());

        assertThat(lease.released()).isEqualTo(released);
    }

    @Test
    void isInTheSameStateInAnyVersion() {
        LeaseDocument lease = lease("u", "1", "pod-a");

        assertThat(lease.sameState(lease("u", "2", "pod-a"))).isTrue();
        assertThat(lease.sameState(lease("u", "2", "pod-b"))).isFalse();
        assertThat(lease.sameState(lease("v", "2", "pod-a"))).isFalse();
    }

    @Test
    void isReleasedAsClientGoDoesIt() {
        LeaseDocument held = LeaseDocument.initial(new LeaseRef("prod", "app-lock"))
                .heldBy("pod-a", DEFAULT, NOON, NOON.plusSeconds(1), 4);

        LeaseDocument released = held.releasedAt(NOON.plusSeconds(9));

        assertThat(released.released()).isTrue();
        assertThat(Leases.model(released).getSpec().getHolderIdentity()).isEmpty();
        assertThat(released.renewTime()).isEqualTo(NOON.plusSeconds(9));
        assertThat(released.acquireTime()).isEqualTo(NOON);
        assertThat(released.term()).isEqualTo(4);
        assertThat(held.holder()).isEqualTo("pod-a");
    }

    @Test
    void copiesWithoutManagedFieldsAndLeavesTheOriginalAsItWas() {
        LeaseDocument managed = Leases.document(new LeaseBuilder()
                .withNewMetadata()
                .withManagedFields(new ManagedFieldsEntry())
                .endMetadata()
                .build());

        LeaseDocument copy = managed.heldBy("pod-a", DEFAULT, NOON, NOON, 0);

        assertThat(Leases.model(copy).getMetadata().getManagedFields()).isEmpty();
        assertThat(Leases.model(managed).getMetadata().getManagedFields()).hasSize(1);
    }
}
