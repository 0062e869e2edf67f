package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsInForceTest {

    @Test
    void eachSettingIsShown() {
        List<String> variables = Arrays.stream(LeaderElectorConfig.class.getMethods())
                .map(m -> m.getName().replaceAll("([A-Z])", "_$1").toUpperCase(Locale.ROOT))
                .toList();

        assertThat(SettingsFixture.settings(Map.of()).inForce("prod", 4040).keySet())
                .containsExactlyInAnyOrderElementsOf(variables);
    }

    @Test
    void whatWasSetIsShownAsItIsUnderstood() {
        Map<String, String> set = Map.ofEntries(
                Map.entry("LEASE_DURATION", "30s"),
                Map.entry("RENEW_DEADLINE", "20s"),
                Map.entry("RETRY_PERIOD", "500ms"),
                Map.entry("READINESS", "leader"),
                Map.entry("HTTP_PORT", "8080"),
                Map.entry("MAX_STREAMS", "7"),
                Map.entry("LEADER_LABEL", "leader-elector/role=leader"),
                Map.entry("LEADER_SERVICE", "myapp-leader"),
                Map.entry("POD_IPS", "10.0.0.1,fd00::1"),
                Map.entry("POD_NAME", "pod-z"),
                Map.entry("KUBERNETES_EVENTS", "false"),
                Map.entry("DRAIN", "5s"),
                Map.entry("APP_HEALTH_URL", "http://localhost:9000"),
                Map.entry("APP_HEALTH_FAILURES", "4"),
                Map.entry("APP_HEALTH_FALLBACK", "anyone"),
                Map.entry("LOG_FORMAT", "json"));

        assertThat(SettingsFixture.settings(set).inForce("found", 8080))
                .containsAllEntriesOf(set)
                .containsEntry("NAMESPACE", "found")
                .containsEntry("ON_LEADING_URL", "")
                .containsEntry("LEADER_FILE", "");
    }

    @ParameterizedTest
    @CsvSource({
        "http://hooks/, http://hooks",
        "https://hooks:8443/T0/s3cret, https://hooks:8443/…",
        "https://hooks/?token=s3cret, https://hooks/…",
        "https://hooks?token=s3cret, https://hooks/…",
    })
    void ofAUrlOnlyTheHostIsShown(String url, String shown) {
        Map<String, String> inForce = SettingsFixture.settings(
                        Map.of("ON_LEADING_URL", url, "ON_FOLLOWING_URL", url, "APP_HEALTH_URL", url))
                .inForce("prod", 4040);

        assertThat(inForce.get("ON_LEADING_URL")).isEqualTo(shown);
        assertThat(inForce.get("ON_FOLLOWING_URL")).isEqualTo(shown);
        assertThat(inForce.get("APP_HEALTH_URL")).isEqualTo(shown);
    }
}
