package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UnknownSettingsTest {

    @Test
    void namesAMisspeltPropertyAndTheNearestKnownOne() {
        assertThat(UnknownSettings.among(
                        List.of("leader-elector.retry-perod", "leader-elector.lease-name", "quarkus.foo"), List.of()))
                .containsExactly("leader-elector.retry-perod is not a setting and has no effect; did you mean"
                        + " leader-elector.retry-period?");
    }

    @Test
    void namesAMisspeltVariableAndTheNearestKnownOne() {
        assertThat(UnknownSettings.among(
                        List.of(), List.of("LEADER_ELECTOR_REDINESS", "LEADER_ELECTOR_READINESS", "PATH")))
                .containsExactly("LEADER_ELECTOR_REDINESS is not a setting and has no effect; did you mean READINESS?");
    }

    @Test
    void leavesAloneWhatKubernetesSetsForAServiceOfOurName() {
        assertThat(UnknownSettings.among(
                        List.of(),
                        List.of(
                                "LEADER_ELECTOR_SERVICE_HOST",
                                "LEADER_ELECTOR_SERVICE_PORT",
                                "LEADER_ELECTOR_SERVICE_PORT_HTTP",
                                "LEADER_ELECTOR_PORT",
                                "LEADER_ELECTOR_PORT_4040_TCP",
                                "LEADER_ELECTOR_PORT_4040_TCP_ADDR",
                                "LEADER_ELECTOR_METRICS_SERVICE_HOST")))
                .isEmpty();
    }

    @Test
    void knowsEverySettingThereIs() {
        assertThat(UnknownSettings.among(
                        List.of(
                                "leader-elector.lease-name",
                                "leader-elector.namespace",
                                "leader-elector.identity",
                                "leader-elector.lease-duration",
                                "leader-elector.renew-deadline",
                                "leader-elector.retry-period",
                                "leader-elector.leader-file",
                                "leader-elector.readiness",
                                "leader-elector.http-port"),
                        List.of()))
                .isEmpty();
    }
}
