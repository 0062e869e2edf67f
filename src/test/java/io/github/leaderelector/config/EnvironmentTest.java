package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rows E1 and E13 of the faults: variables of Quarkus that were meant for the application. */
class EnvironmentTest {

    @Test
    void ofTheVariablesOfQuarkusOnlyLevelsOfTheLogAreObeyed() {
        List<String> ignored = List.of(
                "MP_CONFIG_PROFILE",
                "QUARKUS_HTTP_HOST",
                "QUARKUS_HTTP_PORT",
                "QUARKUS_LOG_CATEGORY__A__MIN_LEVEL",
                "QUARKUS_LOG_CONSOLE_ENABLE",
                "QUARKUS_LOG_CONSOLE_LEVEL",
                "QUARKUS_PROFILE",
                "SMALLRYE_CONFIG_LOCATIONS",
                "_PROD_QUARKUS_HTTP_PORT",
                "quarkus.http.port");
        Map<String, String> obeyed = Map.of(
                "HTTP_PORT", "1",
                "IMPORTANT_QUARKUS_X", "1",
                "LEASE_NAME", "1",
                "LEADER_ELECTOR_LEASE_NAME", "1",
                "QUARKUS_LOG_LEVEL", "1",
                "QUARKUS_LOG_CATEGORY__IO_GITHUB_LEADERELECTOR__LEVEL", "1",
                "PATH", "1");
        Map<String, String> all = new java.util.HashMap<>(obeyed);
        ignored.forEach(name -> all.put(name, "1"));

        assertThat(Environment.ignored(all.keySet())).isEqualTo(ignored);
        assertThat(Environment.obeyed(all)).isEqualTo(obeyed);
    }

    @Test
    void emptyVariablesCountAsNotSetExceptTheOneThatSaysNoFile() {
        Map<String, String> all = Map.of(
                "DRAIN", "",
                "LEADER_ELECTOR_DRAIN", "",
                "QUARKUS_LOG_LEVEL", "",
                "IDENTITY", " ",
                "LEADER_FILE", "",
                "LEADER_ELECTOR_LEADER_FILE", "");

        assertThat(Environment.obeyed(all))
                .isEqualTo(Map.of("IDENTITY", " ", "LEADER_FILE", "", "LEADER_ELECTOR_LEADER_FILE", ""));
    }
}
