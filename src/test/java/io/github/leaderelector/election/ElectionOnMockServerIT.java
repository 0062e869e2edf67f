package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.github.leaderelector.testkit.MockApiDispatcher;
import java.net.InetAddress;
import java.util.HashMap;
import org.junit.jupiter.api.AfterAll;

/** The contract on Fabric8's mock of an API server: on any machine. */
class ElectionOnMockServerIT extends ElectionContract {

    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new MockApiDispatcher(), false);
    private final KubernetesClient admin;

    ElectionOnMockServerIT() {
        server.init(InetAddress.getLoopbackAddress(), 0);
        admin = new KubernetesClientBuilder()
                .withConfig(config(server.getPort()))
                .build();
    }

    @AfterAll
    void end() {
        admin.close();
        server.destroy();
    }

    @Override
    KubernetesClient admin() {
        return admin;
    }

    @Override
    int port() {
        return server.getPort();
    }

    @Override
    Config config(int port) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
    }
}
