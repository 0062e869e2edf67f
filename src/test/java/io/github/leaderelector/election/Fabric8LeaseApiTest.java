package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.github.leaderelector.leadership.LeaseRef;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class Fabric8LeaseApiTest {

    private static final Duration REQUEST_TIMEOUT = Duration.ofMillis(200);

    @Test
    void anAttemptToWatchThatIsNotAnsweredFailsInTimeAndHoldsUpNoOther() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                KubernetesClient client = clientOf(silent.getLocalPort())) {
            Fabric8LeaseApi api =
                    new Fabric8LeaseApi(client, new LeaseRef("prod", "app-lock"), REQUEST_TIMEOUT, thread);

            for (int attempt = 0; attempt < 2; attempt++) {
                assertThat(api.watch(new Listener(new ConcurrentLinkedQueue<>())))
                        .failsWithin(Duration.ofSeconds(30))
                        .withThrowableThat()
                        .havingRootCause()
                        .withMessageEndingWith("cannot be reached (watch): no answer within 200 ms.");
            }
            // The one thread is free again.
            assertThat(thread.submit(() -> "free").get(30, TimeUnit.SECONDS)).isEqualTo("free");
        } finally {
            thread.shutdownNow();
        }
    }

    @Test
    void anAttemptToWatchThatIsRefusedFailsWithTheRefusalAndTellsOfNoEnd() throws Exception {
        HttpServer refusing = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        refusing.createContext("/", exchange -> {
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        refusing.start();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        Queue<LeaseApiException> ends = new ConcurrentLinkedQueue<>();
        try (KubernetesClient client = clientOf(refusing.getAddress().getPort())) {
            Fabric8LeaseApi api =
                    new Fabric8LeaseApi(client, new LeaseRef("prod", "app-lock"), Duration.ofSeconds(30), thread);

            for (int attempt = 0; attempt < 20; attempt++) {
                assertThat(api.watch(new Listener(ends)))
                        .failsWithin(Duration.ofSeconds(30))
                        .withThrowableThat()
                        .havingRootCause()
                        .isInstanceOfSatisfying(
                                LeaseApiException.class,
                                refusal -> assertThat(refusal.forbidden()).isTrue());
            }
            assertThat(ends).isEmpty();
        } finally {
            thread.shutdownNow();
            refusing.stop(0);
        }
    }

    private static KubernetesClient clientOf(int port) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + port)
                .build();
        Timings timings = new Timings(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
        return new KubernetesClientBuilder()
                .withConfig(Election.patient(config, timings))
                .build();
    }

    private record Listener(Queue<LeaseApiException> ends) implements LeaseApi.WatchListener {
        @Override
        public void changed(LeaseDocument lease) {}

        @Override
        public void deleted(LeaseDocument lease) {}

        @Override
        public void closed(LeaseApiException cause) {
            ends.add(cause);
        }
    }
}
