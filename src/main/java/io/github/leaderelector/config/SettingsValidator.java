package io.github.leaderelector.config;

import io.smallrye.config.ConfigValidator;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Checks the settings as soon as Quarkus has read them, before it opens anything. Also registers
 * {@link LogFormatInterceptor}, and applies {@link Environment}.
 *
 * <p>Quarkus reports invalid settings of its own, such as {@code quarkus.http.port}, which takes its value from ours,
 * only after this check. An {@link InvalidSettingsException} comes first.
 */
public final class SettingsValidator implements SmallRyeConfigBuilderCustomizer, ConfigValidator {

    /** Called by the service loader. */
    public SettingsValidator() {}

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        Environment.configure(builder);
        builder.withValidator(this).withInterceptors(new LogFormatInterceptor());
    }

    @Override
    public void validateMapping(Class<?> mappingClass, String prefix, Object mapping) {
        if (mapping instanceof LeaderElectorConfig config) {
            var unused = Settings.of(config);
        }
    }
}
