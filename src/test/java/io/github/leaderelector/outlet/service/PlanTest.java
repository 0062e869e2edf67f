package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.outlet.service.DesiredState.Kind;
import io.github.leaderelector.outlet.service.Plan.Write;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanTest {

    private static final Route ROUTE = Route.find(
                    Fixtures.service(), OwnPod.of(Fixtures.pod("pod-a", "10.0.0.1", "fd00::1"), List.of()))
            .route();

    @Test
    void theSliceIsAsKubernetesOwnControllerWouldWriteItButForItsManager() {
        List<Write> writes = writes(desired(Kind.SERVE, 7), Map.of());

        assertThat(writes)
                .singleElement()
                .satisfies(write -> assertThat(write.isNew()).isTrue());
        assertThat(writes.get(0).slice().json()).isEqualTo(SliceStore.json("""
            {'apiVersion': 'discovery.k8s.io/v1', 'kind': 'EndpointSlice',
             'metadata': {'name': 'myapp-leader-ipv4',
               'labels': {'app.kubernetes.io/name': 'myapp', 'kubernetes.io/service-name': 'myapp-leader',
                          'endpointslice.kubernetes.io/managed-by': 'leader-elector.github.io'},
               'annotations': {'leader-elector.github.io/lease': 'prod/app-lock', 'leader-elector.github.io/token': '7'},
               'ownerReferences': [{'apiVersion': 'v1', 'kind': 'Service', 'name': 'myapp-leader',
                                    'uid': 'uid-of-service', 'controller': true}]},
             'addressType': 'IPv4',
             'endpoints': [{'addresses': ['10.0.0.1'],
               'conditions': {'ready': true, 'serving': true, 'terminating': false},
               'targetRef': {'kind': 'Pod', 'namespace': 'prod', 'name': 'pod-a', 'uid': 'uid-of-pod-a'},
               'nodeName': 'node-1', 'zone': 'zone-1'}],
             'ports': [{'name': 'http', 'port': 8080, 'protocol': 'TCP'}]}
            """));
    }

    @Test
    void aSliceThatIsAsItShouldBeIsNotWritten() {
        assertThat(writes(desired(Kind.SERVE, 7), Map.of(Fixtures.SLICE, stored(7))))
                .isEmpty();
    }

    @Test
    void aSliceInAListWhichDoesNotSayItsKindIsNotWrittenForThat() {
        ObjectNode listed = stored(7).json().deepCopy();
        listed.remove(List.of("apiVersion", "kind"));

        assertThat(writes(desired(Kind.SERVE, 7), Map.of(Fixtures.SLICE, new Slice(listed))))
                .isEmpty();
    }

    @Test
    void anEarlierLeadersSliceIsReplacedAndWhatOthersPutThereIsKept() {
        ObjectNode json = stored(6).json().deepCopy();
        json.withObjectProperty("metadata").withObjectProperty("annotations").put("example.com/mine", "x");

        List<Write> writes = writes(desired(Kind.SERVE, 7), Map.of(Fixtures.SLICE, new Slice(json)));

        assertThat(writes).singleElement().satisfies(write -> {
            assertThat(write.isNew()).isFalse();
            assertThat(write.slice().version()).isEqualTo(5);
            assertThat(write.slice().token()).isEqualTo(7);
            assertThat(write.slice()
                            .json()
                            .at("/metadata/annotations/example.com~1mine")
                            .asText())
                    .isEqualTo("x");
        });
    }

    @Test
    void aLaterLeadersSliceIsNeverChanged() {
        for (Kind kind : Kind.values()) {
            assertThat(writes(desired(kind, 7), Map.of(Fixtures.SLICE, stored(8))))
                    .isEmpty();
        }
    }

    @Test
    void aDrainingLeaderServesAndTerminates() {
        List<Write> writes = writes(desired(Kind.DRAIN, 7), Map.of(Fixtures.SLICE, stored(7)));

        assertThat(writes.get(0).slice().json().at("/endpoints/0/conditions"))
                .isEqualTo(SliceStore.json("{'ready': false, 'serving': true, 'terminating': true}"));
    }

    @Test
    void whoWithdrawsEmptiesTheSliceAndKeepsItsToken() {
        List<Write> writes = writes(desired(Kind.WITHDRAW, 7), Map.of(Fixtures.SLICE, stored(7)));

        assertThat(writes).singleElement().satisfies(write -> {
            assertThat(write.slice().hasEndpoints()).isFalse();
            assertThat(write.slice().token()).isEqualTo(7);
            assertThat(writes(desired(Kind.WITHDRAW, 7), Map.of(Fixtures.SLICE, write.slice())))
                    .isEmpty();
        });
    }

    @Test
    void whoHoldsWritesNothing() {
        assertThat(writes(desired(Kind.HOLD, 7), Map.of(Fixtures.SLICE, stored(6))))
                .isEmpty();
    }

    @Test
    void aSliceOfAFamilyThatTheServiceHasNoMoreIsEmptied() {
        ObjectNode six = stored(6).json().deepCopy();
        six.withObjectProperty("metadata").put("name", Fixtures.SLICE_6);

        List<Write> writes =
                writes(desired(Kind.SERVE, 7), Map.of(Fixtures.SLICE, stored(7), Fixtures.SLICE_6, new Slice(six)));

        assertThat(writes).singleElement().satisfies(write -> {
            assertThat(write.slice().name()).isEqualTo(Fixtures.SLICE_6);
            assertThat(write.slice().hasEndpoints()).isFalse();
        });
    }

    private static List<Write> writes(DesiredState desired, Map<String, Slice> found) {
        return Plan.writes(desired, "prod/app-lock", Fixtures.SERVICE, found, ROUTE);
    }

    private static Slice stored(long token) {
        ObjectNode json = Slice.of(ROUTE, Family.IPV4, Slice.Condition.SERVING, new Mark("prod/app-lock", token), null)
                .json()
                .deepCopy();
        json.withObjectProperty("metadata").put("resourceVersion", "5");
        return new Slice(json);
    }

    private static DesiredState desired(Kind kind, long token) {
        return new DesiredState(kind, token, 0, false, Duration.ZERO);
    }
}
