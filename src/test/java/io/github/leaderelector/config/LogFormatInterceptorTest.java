package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogFormatInterceptorTest {

    @ParameterizedTest
    @CsvSource({"json, true", "JSON, true", "' Json ', true", "text, false", "'', false", "xml, false"})
    void quarkusLogsJsonOnlyIfTheSettingIsJson(String format, boolean json) {
        assertThat(switchFor(format)).isEqualTo(json);
    }

    @Test
    void textIsTheDefault() {
        assertThat(switchFor(null)).isFalse();
    }

    private static boolean switchFor(String logFormat) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withDefaultValue("quarkus.log.json.console.enabled", "false")
                .withDefaultValue("leader-elector.log-format", "${LOG_FORMAT:text}");
        new SettingsValidator().configBuilder(builder);
        if (logFormat != null) {
            builder.withDefaultValue("LOG_FORMAT", logFormat);
        }
        return builder.build().getValue("quarkus.log.json.console.enabled", Boolean.class);
    }
}
