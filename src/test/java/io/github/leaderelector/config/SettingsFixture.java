package io.github.leaderelector.config;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.HashMap;
import java.util.Map;

/** Settings for tests: the defaults, but for what a test says, by environment variable. */
public final class SettingsFixture {

    /** The required settings, and settings that tests must not share. */
    private static final Map<String, String> BASE = Map.of(
            "LEASE_NAME", "app-lock", "NAMESPACE", "prod", "IDENTITY", "pod-a", "POD_NAME", "pod-a", "LEADER_FILE", "");

    private SettingsFixture() {}

    /** The settings that {@code variables} say. */
    public static Settings settings(Map<String, String> variables) {
        Map<String, String> all = new HashMap<>(BASE);
        all.putAll(variables);
        return Settings.of(config(all));
    }

    /** The settings as text, with nothing set but {@code variables}. */
    static LeaderElectorConfig config(Map<String, String> variables) {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValues(Environment.obeyed(variables))
                .withMapping(LeaderElectorConfig.class)
                .build()
                .getConfigMapping(LeaderElectorConfig.class);
    }
}
