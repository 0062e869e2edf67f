package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.github.leaderelector.leadership.LeaseRef;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Asks the API server, once, whether we may do what the election needs: a follower would otherwise find out only when
 * it is to take the lead. Blocks while it asks.
 */
final class AccessCheck implements Runnable {

    private static final Logger LOG = Logger.getLogger(AccessCheck.class);

    private final KubernetesClient client;
    private final LeaseRef ref;

    AccessCheck(KubernetesClient client, LeaseRef ref) {
        this.client = client;
        this.ref = ref;
    }

    /** Logs what is missing, if anything is. */
    @Override
    public void run() {
        missing().ifPresent(sentence -> LOG.warnf("LE-207 %s", sentence));
    }

    /** One sentence that names what is missing and the rule to add; empty if nothing is, or nobody can tell. */
    Optional<String> missing() {
        List<String> verbs;
        try {
            // Kubernetes does not know the name of what is yet to be created.
            verbs = List.of("get", "watch", "update", "create").stream()
                    .filter(verb -> !allowed(verb, verb.equals("create") ? null : ref.name()))
                    .toList();
        } catch (RuntimeException cannotTell) {
            // Not only those of Fabric8: a client that was closed meanwhile throws Vert.x's.
            LOG.debugf("Permissions cannot be checked: %s", cannotTell.getMessage());
            return Optional.empty();
        }
        if (verbs.isEmpty()) {
            return Optional.empty();
        }
        String list = String.join(", ", verbs);
        return Optional.of("Not allowed to " + list + " leases.coordination.k8s.io '" + ref.name() + "' in namespace '"
                + ref.namespace()
                + "'; add to the Role of this ServiceAccount: apiGroups [coordination.k8s.io], resources [leases],"
                + " verbs [" + list + "].");
    }

    private boolean allowed(String verb, @Nullable String name) {
        SelfSubjectAccessReview review = new SelfSubjectAccessReviewBuilder()
                .withNewSpec()
                .withNewResourceAttributes()
                .withGroup("coordination.k8s.io")
                .withResource("leases")
                .withNamespace(ref.namespace())
                .withName(name)
                .withVerb(verb)
                .endResourceAttributes()
                .endSpec()
                .build();
        SelfSubjectAccessReview answer =
                client.authorization().v1().selfSubjectAccessReview().create(review);
        // Without a status it was not an API server that answered.
        return answer.getStatus() == null
                || Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }
}
