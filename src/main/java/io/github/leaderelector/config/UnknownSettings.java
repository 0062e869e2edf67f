package io.github.leaderelector.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds settings with our prefix that do not exist, such as misspelt ones. */
public final class UnknownSettings {

    private static final String PROPERTY_PREFIX = "leader-elector.";
    private static final String VARIABLE_PREFIX = "LEADER_ELECTOR_";

    /** Variables that Kubernetes sets in every pod of a namespace that has a Service 'leader-elector'. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "LEADER_ELECTOR_(.*_)?(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.*)?)?)");

    private static final List<String> KNOWN = Stream.of(LeaderElectorConfig.class.getMethods())
            .map(method -> method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
            .sorted()
            .toList();

    private UnknownSettings() {}

    /**
     * One sentence for each unknown setting, in alphabetical order.
     *
     * @param properties the names of all properties that are set
     * @param variables the names of all environment variables
     */
    public static List<String> among(Iterable<String> properties, Collection<String> variables) {
        List<String> warnings = new ArrayList<>();
        TreeSet<String> names = new TreeSet<>();
        properties.forEach(names::add);
        for (String name : names) {
            if (name.startsWith(PROPERTY_PREFIX)) {
                String rest = name.substring(PROPERTY_PREFIX.length());
                if (!KNOWN.contains(rest)) {
                    warnings.add(warning(name, PROPERTY_PREFIX + nearest(rest)));
                }
            }
        }
        for (String name : new TreeSet<>(variables)) {
            if (name.startsWith(VARIABLE_PREFIX)) {
                String rest = name.substring(VARIABLE_PREFIX.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '-');
                if (!KNOWN.contains(rest) && !SERVICE_LINK.matcher(name).matches()) {
                    warnings.add(warning(name, variable(nearest(rest))));
                }
            }
        }
        return warnings;
    }

    private static String variable(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    private static String warning(String unknown, String nearest) {
        return unknown + " is not a setting and has no effect; did you mean " + nearest + "?";
    }

    private static String nearest(String name) {
        return KNOWN.stream()
                .min(Comparator.comparingInt(known -> distance(known, name)))
                .orElseThrow();
    }

    /** The Levenshtein distance. */
    private static int distance(String a, String b) {
        int[] above = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            above[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
            }
            above = row;
        }
        return above[b.length()];
    }
}
