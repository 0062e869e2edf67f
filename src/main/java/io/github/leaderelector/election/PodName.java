package io.github.leaderelector.election;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the name of a pod tells, by the endings that Kubernetes generates: nothing, if it is not sure that they are
 * such.
 *
 * @param workload the name of the workload, which all its pods have in common over all its rollouts; workloads of two
 *     kinds with one name are not told apart
 * @param revision of a Deployment's pod, what it has in common with those made from the same template only
 */
record PodName(Optional<String> workload, Optional<String> revision) {

    private static final PodName UNTOLD = new PodName(Optional.empty(), Optional.empty());

    /** What Kubernetes makes names of: no vowels, nothing that looks like something else. */
    private static final String RANDOM = "[bcdfghjklmnpqrstvwxz2456789]";

    /** Of a Deployment: with the hash of the template. */
    private static final Pattern DEPLOYED = Pattern.compile("((.+?)-" + RANDOM + "{6,10})-" + RANDOM + "{5}");

    /** Of a CronJob, with the time of the run; of a DaemonSet or a Job. */
    private static final Pattern GENERATED = Pattern.compile("(.+?)(?:-[0-9]{8,10})?-" + RANDOM + "{5}");

    /** Of a StatefulSet or an indexed Job; but ip-10-0-1-2 is a node, whose name a pod on the host's network has. */
    private static final Pattern NUMBERED = Pattern.compile("((?:.*-)?[0-9]*[a-z][0-9a-z]*)-[0-9]+");

    /** Kubernetes cuts longer ones, anywhere. */
    private static final int LONGEST = 62;

    /** What {@code name} tells, which may be any text. */
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
