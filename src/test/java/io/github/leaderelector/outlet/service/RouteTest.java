package io.github.leaderelector.outlet.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteTest {

    private static final OwnPod POD = OwnPod.of(Fixtures.pod("pod-a", "10.0.0.1", "fd00::1"), List.of());

    @Test
    void aNamedPortIsThatOfTheContainerWithTheProtocol() {
        Route route = route("'ports': [{'name': 'a', 'port': 80, 'protocol': 'UDP', 'targetPort': 'web'},"
                + " {'port': 81, 'protocol': 'TCP', 'targetPort': 'leader', 'appProtocol': 'http'},"
                + " {'name': 'c', 'port': 82, 'targetPort': 9000}, {'name': 'd', 'port': 83}]");

        assertThat(route.ports())
                .containsExactly(
                        new Route.Port("a", 8081, "UDP", null),
                        new Route.Port("", 4040, "TCP", "http"),
                        new Route.Port("c", 9000, "TCP", null),
                        new Route.Port("d", 83, "TCP", null));
    }

    @Test
    void theAddressesAreThoseInTheFamiliesOfTheService() {
        assertThat(route("'ipFamilies': ['IPv4', 'IPv6'], 'ports': [{'port': 80}]")
                        .addresses())
                .isEqualTo(Map.of(Family.IPV4, "10.0.0.1", Family.IPV6, "fd00::1"));
        assertThat(route("'ipFamilies': ['IPv6'], 'ports': [{'port': 80}]").addresses())
                .isEqualTo(Map.of(Family.IPV6, "fd00::1"));
    }

    @Test
    void theDownwardApiGoesBeforeTheStatus() {
        assertThat(OwnPod.of(Fixtures.pod("pod-a", "10.0.0.1"), List.of("10.9.9.9", "fd00::9"))
                        .addresses())
                .isEqualTo(Map.of(Family.IPV4, "10.9.9.9", Family.IPV6, "fd00::9"));
    }

    @Test
    void labelsOfTheServiceGoOnButThoseThatMeanSomethingOnASlice() {
        assertThat(route("'ports': [{'port': 80}]").labels()).isEqualTo(Map.of("app.kubernetes.io/name", "myapp"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            'selector': {'app': 'x'}, 'ports': [{'port': 80}] | it has a selector, so that Kubernetes sends its traffic to all pods that it selects; remove the selector
            'clusterIP': 'None', 'ports': [{'port': 80}] | it is headless (clusterIP: None), so that clients keep the address that they once looked up; remove clusterIP
            'ports': [] | it has no ports; give it the ports that the leader serves
            'ports': [{'port': 80, 'targetPort': 'setup'}] | its port 80 leads to 'setup', but no container of pod 'pod-a' has a TCP port of that name
            """)
    void whatKeepsAServiceFromFollowingTheLeaderIsNamed(String spec, String problem) {
        Route.Found found = Route.find(Fixtures.service(spec), POD);

        assertThat(found.route()).isNull();
        assertThat(found.problems()).containsExactly(problem);
    }

    @Test
    void aServiceThatIsNotThereAndOneOfAnotherFamilyAreNamed() {
        assertThat(Route.find(null, POD).problems())
                .containsExactly("it does not exist; create it, without a selector");
        OwnPod four = OwnPod.of(Fixtures.pod("pod-a", "10.0.0.1"), List.of());
        JsonNode six = Fixtures.service("'ipFamilies': ['IPv6'], 'ports': [{'port': 80}]");
        assertThat(Route.find(six, four).problems())
                .containsExactly("it has no IP family of pod 'pod-a', whose addresses are 10.0.0.1");
        OwnPod none = OwnPod.of(Fixtures.pod("pod-a"), List.of());
        assertThat(Route.find(six, none).problems()).containsExactly("pod 'pod-a' has no address yet");
    }

    @Test
    void portsThatArePresentWorkBesideOneThatIsNot() {
        Route.Found found = Route.find(
                Fixtures.service("'ports': [{'name': 'a', 'port': 80, 'targetPort': 'web'},"
                        + " {'name': 'b', 'port': 81, 'targetPort': 'nowhere'}]"),
                POD);

        assertThat(found.problems()).hasSize(1);
        assertThat(found.route().ports()).containsExactly(new Route.Port("a", 8080, "TCP", null));
    }

    private static Route route(String spec) {
        Route.Found found = Route.find(Fixtures.service(spec), POD);
        assertThat(found.problems()).isEmpty();
        return found.route();
    }
}
