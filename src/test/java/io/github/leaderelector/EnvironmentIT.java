package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.testkit.JarProcess;
import io.github.leaderelector.testkit.Ports;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows E1 and E13 of the faults: what happens to be in the environment of the packaged sidecar. */
class EnvironmentIT {

    @TempDir
    Path folder;

    @Test
    void theVariablesAndFilesOfQuarkusThatChangeTheContractAreIgnoredAndNamed() throws Exception {
        String other = Integer.toString(Ports.free());
        Map<String, String> variables = new HashMap<>(Map.of(
                "QUARKUS_PROFILE", "test",
                "SMALLRYE_CONFIG_PROFILE", "test",
                "QUARKUS_HTTP_PORT", other,
                "QUARKUS_HTTP_HOST", "203.0.113.1",
                "QUARKUS_HTTP_ROOT_PATH", "/other",
                "QUARKUS_LOG_CONSOLE_ENABLE", "false",
                "QUARKUS_LOG_CONSOLE_LEVEL", "OFF",
                "QUARKUS_CONFIG_LOCATIONS",
                        folder.resolve("elsewhere.properties").toString(),
                "SMALLRYE_CONFIG_LOCATIONS",
                        folder.resolve("elsewhere.properties").toString()));
        String wrong =
                "quarkus.http.port=" + other + "\nleader-elector.identity=wrong\nquarkus.http.root-path=/other\n";
        Files.writeString(folder.resolve("elsewhere.properties"), wrong);
        Files.writeString(folder.resolve(".env"), "LEADER_ELECTOR_IDENTITY=wrong\nQUARKUS_HTTP_PORT=" + other + "\n");
        Files.createDirectory(folder.resolve("config"));
        Files.writeString(folder.resolve("config").resolve("application.properties"), wrong);

        try (JarProcess sidecar = new JarProcess(folder, List.of(), variables)) {
            sidecar.awaitServing();

            JsonNode status = new ObjectMapper().readTree(sidecar.get("/status"));
            assertThat(status.at("/leadership/identity").asText()).isEqualTo("pod-a");
            assertThat(status.at("/leadership/lease/name").asText()).isEqualTo("app-lock");
            assertThat(status.at("/settings/LEADER_FILE").asText())
                    .isEqualTo(sidecar.leaderFile().toString());
            assertThat(status.at("/settings/HTTP_PORT").asText()).isEqualTo(Integer.toString(sidecar.port()));
            sidecar.terminate();
            assertThat(sidecar.status()).isZero();
            List<String> warnings = sidecar.stdout()
                    .lines()
                    .filter(line -> line.contains("LE-403"))
                    .toList();
            assertThat(warnings)
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains(variables.keySet()));
        }
    }

    @Test
    void levelsOfTheLogAreObeyed() throws Exception {
        Map<String, String> variables = Map.of("QUARKUS_LOG_CATEGORY__IO_GITHUB_LEADERELECTOR__LEVEL", "DEBUG");
        try (JarProcess sidecar = new JarProcess(folder, List.of(), variables)) {
            sidecar.awaitServing();
            sidecar.terminate();

            assertThat(sidecar.status()).isZero();
            assertThat(sidecar.stdout()).contains(" DEBUG ").doesNotContain("LE-403");
        }
    }

    @Test
    void emptyVariablesCountAsNotSet() throws Exception {
        Map<String, String> variables = Map.of(
                "DRAIN", "",
                "LEADER_LABEL", "",
                "ON_LEADING_URL", "",
                "READINESS", "",
                "RETRY_PERIOD", "",
                "QUARKUS_LOG_LEVEL", "");
        try (JarProcess sidecar = new JarProcess(folder, List.of(), variables)) {
            sidecar.awaitServing();

            JsonNode settings =
                    new ObjectMapper().readTree(sidecar.get("/status")).path("settings");
            assertThat(settings.path("DRAIN").asText()).isEqualTo("0s");
            assertThat(settings.path("READINESS").asText()).isEqualTo("always");
            assertThat(settings.path("RETRY_PERIOD").asText()).isEqualTo("2s");
            sidecar.terminate();
            assertThat(sidecar.status()).isZero();
        }
    }

    @Test
    void thePackageHasNoSettingsForTestsOrDevelopment() throws IOException {
        try (Stream<Path> parts = Files.walk(Path.of("target", "quarkus-app"))) {
            List<Path> own = parts.filter(part -> part.getFileName().toString().startsWith("leader-elector-"))
                    .filter(part -> part.toString().endsWith(".jar"))
                    .toList();
            assertThat(own).isNotEmpty();
            for (Path part : own) {
                try (JarFile jar = new JarFile(part.toFile())) {
                    assertThat(jar.stream().map(JarEntry::getName))
                            .contains("application.properties")
                            .noneMatch(name -> name.matches("application-.*\\.properties"));
                    try (InputStream properties = jar.getInputStream(jar.getEntry("application.properties"))) {
                        assertThat(new String(properties.readAllBytes(), StandardCharsets.UTF_8).lines())
                                .noneMatch(line -> line.startsWith("%"));
                    }
                }
            }
        }
    }
}
