package io.github.leaderelector.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.Priorities;
import jakarta.annotation.Priority;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Sets Quarkus' switch for JSON logs, which is true or false, by {@link LeaderElectorConfig#logFormat}. */
@Priority(Priorities.APPLICATION)
final class LogFormatInterceptor implements ConfigSourceInterceptor {

    private static final long serialVersionUID = 1L;

    private static final String JSON_ENABLED = "quarkus.log.json.console.enabled";
    private static final String LOG_FORMAT = "leader-elector.log-format";

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue value = context.proceed(name);
        if (value == null || !name.equals(JSON_ENABLED)) {
            return value;
        }
        ConfigValue format = context.proceed(LOG_FORMAT);
        return format != null && isJson(format.getValue()) ? value.withValue("true") : value;
    }

    private static boolean isJson(@Nullable String format) {
        return format != null && format.strip().toUpperCase(Locale.ROOT).equals(LogFormat.JSON.name());
    }
}
