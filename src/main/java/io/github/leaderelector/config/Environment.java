package io.github.leaderelector.config;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Limits which environment variables configure the process: all of ours, and of Quarkus' variables only the log levels.
 * Other variables of Quarkus are ignored: they would break promises of this sidecar, and are most likely meant for the
 * application. An empty variable counts as not set, as in a shell's {@code ${DRAIN:-0s}}: templates of manifests write
 * variables that have no value.
 */
public final class Environment {

    /** Set in the process of the sidecar, but not while Quarkus builds or tests it. */
    private static final String SIDECAR = Environment.class.getName();

    /** Matches variables of a profile, too, such as {@code _TEST_QUARKUS_HTTP_PORT}. */
    private static final Pattern OF_LIBRARIES = Pattern.compile("(_.+_)?(QUARKUS|SMALLRYE|MP)_.*");

    private static final Pattern OBEYED = Pattern.compile("QUARKUS_LOG_(LEVEL|CATEGORY__.+__LEVEL)");

    /** Empty means no file. */
    private static final Set<String> MAY_BE_EMPTY = Set.of("LEADER_FILE", "LEADER_ELECTOR_LEADER_FILE");

    private Environment() {}

    /** From now on, only the permitted environment variables and system properties configure this process. */
    public static void limit() {
        System.setProperty(SIDECAR, "true");
    }

    /** After {@link #limit}: leaves out files in the working directory, and variables that are ignored or empty. */
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
        obeyed.entrySet()
                .removeIf(variable -> variable.getValue().isEmpty() && !MAY_BE_EMPTY.contains(variable.getKey()));
        return obeyed;
    }

    /** The {@code variables} that configure Quarkus and are ignored; in alphabetical order. */
    public static List<String> ignored(Collection<String> variables) {
        return variables.stream().filter(Environment::isIgnored).sorted().toList();
    }

    /** A name may be written as a property, too: {@code quarkus.http.port}. */
    private static boolean isIgnored(String variable) {
        String name = variable.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
        return OF_LIBRARIES.matcher(name).matches() && !OBEYED.matcher(name).matches();
    }
}
