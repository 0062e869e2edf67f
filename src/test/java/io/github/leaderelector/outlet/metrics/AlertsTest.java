package io.github.leaderelector.outlet.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.leaderelector.testkit.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts fire when they should, and only then: src/test/monitoring/alerts-test.yaml says when. */
class AlertsTest {

    private static final Path RULE = Path.of("src", "main", "kubernetes", "monitoring", "prometheusrule.yaml");
    private static final Path CASES = Path.of("src", "test", "monitoring", "alerts-test.yaml");

    @TempDir
    Path directory;

    @Test
    void theAlertsFireWhenTheyShould() throws IOException {
        YAMLMapper yaml = new YAMLMapper();
        JsonNode groups = yaml.readTree(RULE.toFile()).get("spec");
        yaml.writeValue(directory.resolve("alerts.yaml").toFile(), groups);
        Path cases = Files.copy(CASES, directory.resolve("alerts-test.yaml"));

        Programs.Ended ended = Programs.run(
                List.of(Programs.need("promtool").toString(), "test", "rules", cases.toString()), "", Map.of());

        assertThat(ended.status()).as(ended.output()).isZero();
    }

    @Test
    void eachAlertHasACaseInWhichItFires() throws IOException {
        String cases = Files.readString(CASES);

        assertThat(new YAMLMapper().readTree(RULE.toFile()).findValuesAsText("alert"))
                .hasSize(4)
                .allMatch(alert -> cases.contains("alertname: " + alert + "\n"));
    }
}
