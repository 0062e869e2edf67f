package io.github.leaderelector.config;

import io.github.leaderelector.text.ForeignText;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The rules for names and addresses of Kubernetes: what its API takes. */
final class NamesCheck {

    private static final int LONGEST_LABEL = 63;
    private static final int LONGEST_NAME = 253;

    private static final String LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private static final Pattern DNS_LABEL = Pattern.compile(LABEL);
    private static final Pattern DNS_SUBDOMAIN = Pattern.compile(LABEL + "(\\." + LABEL + ")*");
    private static final Pattern IP_ADDRESS =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|(?=.*:)[0-9a-fA-F:.]{2,45}");
    // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
    private static final String LABEL_WORD = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
    private static final Pattern POD_LABEL =
            Pattern.compile("((?<prefix>[^/=]+)/)?(?<name>" + LABEL_WORD + ")=(?<value>(" + LABEL_WORD + ")?)");

    private final Problems problems;
    private final Supplier<String> hostname;

    /** @param hostname the default of the names of this replica */
    NamesCheck(Problems problems, Supplier<String> hostname) {
        this.problems = problems;
        this.hostname = hostname;
    }

    String leaseName(String name) {
        if (name.isEmpty()) {
            problems.add("LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as"
                    + " 'my-app'.");
        } else if (name.length() > LONGEST_NAME || !DNS_SUBDOMAIN.matcher(name).matches()) {
            problems.wrong(
                    "LEASE_NAME",
                    name,
                    "lower case letters, digits, '-' and '.', beginning and ending, also around each '.', with"
                            + " a letter or digit, at most "
                            + LONGEST_NAME
                            + " characters");
        }
        return name;
    }

    void namespace(String namespace) {
        if (namespace.length() > LONGEST_LABEL || !DNS_LABEL.matcher(namespace).matches()) {
            problems.wrong(
                    "NAMESPACE",
                    namespace,
                    "lower case letters, digits and '-', beginning and ending with a letter or digit, at most "
                            + LONGEST_LABEL
                            + " characters");
        }
    }

    String identity(Optional<String> configured) {
        String identity = configured.orElseGet(hostname);
        if (configured.isEmpty() && identity.isBlank()) {
            problems.add("IDENTITY is not set and this machine has no hostname; it must be a name that no other"
                    + " replica has.");
        } else if (identity.isBlank()
                || identity.length() > LONGEST_NAME
                || !ForeignText.name(identity).equals(identity)) {
            problems.wrong(
                    "IDENTITY",
                    identity,
                    "a name that no other replica has, not blank, without control characters, at most "
                            + LONGEST_NAME
                            + " characters");
        }
        return identity;
    }

    PodLabel podLabel(String text) {
        Matcher label = POD_LABEL.matcher(text);
        @Nullable String prefix = label.matches() ? label.group("prefix") : null;
        boolean prefixIsRight = prefix == null
                || (prefix.length() <= LONGEST_NAME
                        && DNS_SUBDOMAIN.matcher(prefix).matches());
        if (!label.matches() || !prefixIsRight) {
            problems.wrong(
                    "LEADER_LABEL",
                    text,
                    "a label that Kubernetes takes, written 'key=value', such as 'leader-elector/role=leader'");
            return new PodLabel("", "");
        }
        return new PodLabel((prefix == null ? "" : prefix + "/") + label.group("name"), label.group("value"));
    }

    String leaderService(String name) {
        if (name.length() > LONGEST_LABEL || !DNS_LABEL.matcher(name).matches()) {
            problems.wrong(
                    "LEADER_SERVICE",
                    name,
                    "the name of a Service: lower case letters, digits and '-', beginning and ending with a letter or"
                            + " digit, at most "
                            + LONGEST_LABEL
                            + " characters");
        }
        return name;
    }

    List<String> podIps(String text) {
        List<String> addresses =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (!addresses.stream().allMatch(address -> IP_ADDRESS.matcher(address).matches())) {
            problems.wrong(
                    "POD_IPS",
                    text,
                    "IP addresses with commas between them; the downward API has them as 'status.podIPs'");
        }
        return addresses;
    }

    /**
     * A problem only if a setting needs the pod's name: a hostname that is not a pod's name is not an error by itself.
     */
    String podName(Optional<String> configured, boolean needed) {
        String name = configured.orElseGet(hostname);
        boolean right =
                name.length() <= LONGEST_NAME && DNS_SUBDOMAIN.matcher(name).matches();
        if (!right && (needed || configured.isPresent())) {
            problems.wrong("POD_NAME", name, "the name of this pod; the downward API has it as 'metadata.name'");
        }
        return name;
    }
}
