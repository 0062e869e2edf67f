package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Gives the users of a {@link RealApiServer} permissions in one namespace, and takes them away. */
public final class Rbac {

    private final KubernetesClient admin;
    private final String namespace;
    private final String lease;

    /**
     * @param admin may do everything
     * @param namespace where
     * @param lease the name of the Lease that the permissions are about
     */
    public Rbac(KubernetesClient admin, String namespace, String lease) {
        this.admin = admin;
        this.namespace = namespace;
        this.lease = lease;
    }

    /** Grants {@code user} everything the sidecar asks for in its manual. */
    public void grant(String user) {
        grant(user, "get", "watch", "update");
    }

    /**
     * Grants {@code user} creation of leases, {@code verbs} on the one Lease, and all that the label and Events need.
     * It works at once for new requests; a watch that is open goes on.
     */
    public void grant(String user, String... verbs) {
        List<PolicyRule> rules = leases(verbs);
        rules.add(rule("", "events").withVerbs("create").build());
        rules.add(rule("", "pods").withVerbs("get", "list", "patch").build());
        put(user, rules);
    }

    /** Grants {@code user} what the election needs, and nothing that goes beyond it. */
    public void grantLeasesOnly(String user) {
        put(user, leases("get", "watch", "update"));
    }

    /** Grants {@code user} everything on all Leases. */
    public void grantEveryLease(String user) {
        put(user, List.of(rule("coordination.k8s.io", "leases").withVerbs("*").build()));
    }

    private List<PolicyRule> leases(String... verbs) {
        List<PolicyRule> rules = new ArrayList<>();
        rules.add(rule("coordination.k8s.io", "leases").withVerbs("create").build());
        rules.add(rule("coordination.k8s.io", "leases")
                .withResourceNames(lease)
                .withVerbs(Arrays.asList(verbs))
                .build());
        return rules;
    }

    /** Leaves {@code user} no permission. */
    public void revoke(String user) {
        put(user, List.of());
    }

    private static PolicyRuleBuilder rule(String group, String resource) {
        return new PolicyRuleBuilder().withApiGroups(group).withResources(resource);
    }

    /** Grants {@code user} what {@code rules} say, beside what it was granted before. */
    public void grantAlso(String user, PolicyRule... rules) {
        put(user, user + "-also", List.of(rules));
    }

    private void put(String user, List<PolicyRule> rules) {
        put(user, user, rules);
    }

    private void put(String user, String role, List<PolicyRule> rules) {
        admin.resource(new RoleBuilder()
                        .withNewMetadata()
                        .withName(role)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withRules(rules)
                        .build())
                .createOr(r -> r.update());
        if (admin.rbac().roleBindings().inNamespace(namespace).withName(role).get() == null) {
            admin.resource(new RoleBindingBuilder()
                            .withNewMetadata()
                            .withName(role)
                            .withNamespace(namespace)
                            .endMetadata()
                            .withNewRoleRef("rbac.authorization.k8s.io", "Role", role)
                            .addNewSubject("rbac.authorization.k8s.io", "User", user, null)
                            .build())
                    .create();
        }
    }
}
