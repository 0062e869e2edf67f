package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract on a real kube-apiserver, and what only a real one can show: permissions. */
class ElectionOnApiServerIT extends ElectionContract {

    private static final String USER = "pod-a";

    private @Nullable RealApiServer server;

    @BeforeAll
    void begin() {
        Optional<String> missing = RealApiServer.binariesMissing();
        missing.ifPresent(why -> System.out.println("ElectionOnApiServerIT is skipped: " + why));
        Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        server = RealApiServer.shared();
    }

    private RealApiServer server() {
        return java.util.Objects.requireNonNull(server);
    }

    @Override
    KubernetesClient admin() {
        return server().admin();
    }

    @Override
    int port() {
        return server().port();
    }

    @Override
    Config config(int port) {
        return new ConfigBuilder(admin().getConfiguration())
                .withMasterUrl("https://127.0.0.1:" + port)
                .build();
    }

    private Config asUser(Config config) {
        return new ConfigBuilder(config).withOauthToken(server().token(USER)).build();
    }

    private Rbac rbac() {
        return new Rbac(admin(), namespace(), ref().name());
    }

    @Test
    void namesAMissingPermissionAndLeadsWhenItIsGranted() {
        rbac().revoke(USER);
        Replica pod = new Replica("pod-a", this::asUser);

        until(
                Duration.ofSeconds(3),
                "the problem is told",
                () -> pod.hub.current().problem() != null);
        assertThat(pod.hub.current().problem())
                .contains(
                        "answered 403 (get Lease " + ref() + "): leases.coordination.k8s.io \"" + ref().name()
                                + "\" is forbidden: User ",
                        "Add to its Role: apiGroups [coordination.k8s.io], resources [leases], verbs [get].");

        rbac().grant(USER);
        until(Duration.ofSeconds(3), "pod-a leads", pod::leads);
    }

    @Test
    void needsNoPermissionsBeyondThoseInItsManual() {
        rbac().grant(USER, "get", "watch", "update");
        Replica leader = new Replica("pod-a", this::asUser);
        until(Duration.ofSeconds(3), "pod-a leads", leader::leads);
        assertThat(leader.hub.current().problem()).isNull();

        leader.stop();

        assertThat(leader.hub.current().problem()).isNull();
        assertThat(admin().leases()
                        .inNamespace(namespace())
                        .withName(ref().name())
                        .require()
                        .getSpec()
                        .getHolderIdentity())
                .isNullOrEmpty();
    }

    @Test
    void electsWithoutThePermissionToWatch() {
        rbac().grant(USER, "get", "update");
        Replica leader = leader("pod-a");
        Replica follower = new Replica("pod-b", this::asUser);
        until(
                Duration.ofSeconds(3),
                "pod-b follows",
                () -> "pod-a".equals(follower.hub.current().holder()));

        leader.stop();

        until(Duration.ofSeconds(3), "pod-b leads", follower::leads);
    }

    @Test
    void namesAMissingNamespace() {
        Replica pod = new Replica("pod-a", new LeaseRef("nowhere", "lease"), Duration.ZERO, config -> config);

        until(
                Duration.ofSeconds(3),
                "the problem is told",
                () -> pod.hub.current().problem() != null);

        assertThat(pod.hub.current().problem())
                .endsWith("answered 404 (create Lease nowhere/lease): namespaces \"nowhere\" not found."
                        + " Create it, or set NAMESPACE.");
    }
}
