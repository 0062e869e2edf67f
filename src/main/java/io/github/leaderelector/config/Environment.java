package io.github.leaderelector.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which of the variables that happen to be in a pod's environment the process obeys: all of ours, and of those of
 * Quarkus the levels of the log. The others would change what we promise, and were most likely meant for the
 * application.
 */
public final class Environment {

    /** Set in the process of the sidecar, and not where Quarkus builds or tests it. */
    private static final String SIDECAR = Environment.class.getName();

    /** Also for a profile, such as {@code _TEST_QUARKUS_HTTP_PORT}. */
    private static final Pattern OF_LIBRARIES = Pattern.compile("(_.+_)?(QUARKUS|SMALLRYE|MP)_.*");

    private static final Pattern OBEYED = Pattern.compile("QUARKUS_LOG_(LEVEL|CATEGORY__.+__LEVEL)");

    private Environment() {}

    /** From now on this process is configured by what the environment may set, and by system properties, alone. */
    public static void limit() {
        System.setProperty(SIDECAR, "true");
    }

    /** If {@link #limit} was called: no files in the working directory, and none of the variables that are ignored. */
    static void configure(SmallRyeConfigBuilder builder) {
        if (Boolean.getBoolean(SIDECAR)) {
            var unused = builder.setAddDefaultSources(false)
                    .setAddSystemSources(false)
                    .withSources(
                            new SysPropConfigSource(),
                            new EnvConfigSource(obeyed(System.getenv()), EnvConfigSource.ORDINAL));
        }
    }

    static Map<String, String> obeyed(Map<String, String> variables) {
        Map<String, String> obeyed = new TreeMap<>(variables);
        obeyed.keySet().removeIf(Environment::isIgnored);
        return obeyed;
    }

    /** Those of {@code variables} that would change how Quarkus works, and are ignored; in alphabetical order. */
    public static List<String> ignored(Collection<String> variables) {
        return variables.stream().filter(Environment::isIgnored).sorted().toList();
    }

    /** A name may be written as a property, too: {@code quarkus.http.port}. */
    private static boolean isIgnored(String variable) {
        String name = variable.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
        return OF_LIBRARIES.matcher(name).matches() && !OBEYED.matcher(name).matches();
    }
}
