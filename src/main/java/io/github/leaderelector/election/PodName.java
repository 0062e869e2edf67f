package io.github.leaderelector.election;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The workload and the revision of a pod, taken from the suffixes that Kubernetes generates for its name; empty if it
 * is not certain that they are generated.
 *
 * @param workload the name of the workload, which all its pods have in common over all its rollouts; workloads of two
 *     kinds with one name are not told apart
 * @param revision of a Deployment's pod: the part of the name that pods of the same template share
 */
record PodName(Optional<String> workload, Optional<String> revision) {

    private static final PodName UNTOLD = new PodName(Optional.empty(), Optional.empty());

    /** The characters of generated suffixes: no vowels, no characters that look alike. */
    private static final String RANDOM = "[bcdfghjklmnpqrstvwxz2456789]";

    /** A pod of a Deployment: with the hash of the template. */
    private static final Pattern DEPLOYED = Pattern.compile("((.+?)-" + RANDOM + "{6,10})-" + RANDOM + "{5}");

    /** A pod of a CronJob, with the time of the run, of a DaemonSet or of a Job. */
    private static final Pattern GENERATED = Pattern.compile("(.+?)(?:-[0-9]{8,10})?-" + RANDOM + "{5}");

    /**
     * A pod of a StatefulSet or an indexed Job. Not ip-10-0-1-2: that is a node, whose name a pod on the host network
     * has.
     */
    private static final Pattern NUMBERED = Pattern.compile("((?:.*-)?[0-9]*[a-z][0-9a-z]*)-[0-9]+");

    /** Kubernetes cuts longer names at any place. */
    private static final int LONGEST = 62;

    /** The parts of {@code name}, which may be any text. */
    static PodName of(String name) {
        if (name.length() > LONGEST || name.indexOf('.') >= 0) {
            return UNTOLD;
        }
        Matcher deployed = DEPLOYED.matcher(name);
        if (deployed.matches()) {
            return new PodName(Optional.of(deployed.group(2)), Optional.of(deployed.group(1)));
        }
        Matcher generated = GENERATED.matcher(name);
        if (generated.matches()) {
            return new PodName(Optional.of(generated.group(1)), Optional.empty());
        }
        Matcher numbered = NUMBERED.matcher(name);
        return numbered.matches() ? new PodName(Optional.of(numbered.group(1)), Optional.empty()) : UNTOLD;
    }
}
