package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.github.leaderelector.testkit.FakeApiServer;
import org.junit.jupiter.api.AfterAll;

/** The contract on the test kit's own API server: on any machine. */
class ElectionOnFakeServerIT extends ElectionContract {

    private final FakeApiServer server = new FakeApiServer();
    private final KubernetesClient admin =
            new KubernetesClientBuilder().withConfig(config(server.port())).build();

    @AfterAll
    void end() {
        admin.close();
        server.close();
    }

    @Override
    KubernetesClient admin() {
        return admin;
    }

    @Override
    int port() {
        return server.port();
    }

    @Override
    Config config(int port) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
    }
}
