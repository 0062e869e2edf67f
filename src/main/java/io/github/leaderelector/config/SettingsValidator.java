package io.github.leaderelector.config;

import io.smallrye.config.ConfigValidator;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;

/**
 * Checks the settings the moment Quarkus has read them, before it opens anything; passes on to Quarkus what it cannot
 * read itself, and keeps from it what it is not to read.
 *
 * <p>Quarkus collects what its own settings complain about, such as {@code quarkus.http.port}, which takes its value
 * from ours, and complains in the end; an {@link InvalidSettingsException} forestalls that.
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
