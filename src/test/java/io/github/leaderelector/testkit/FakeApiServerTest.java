package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FakeApiServerTest {

    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/demo/leases";

    private final FakeApiServer server = new FakeApiServer();
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void stop() {
        server.close();
    }

    private int send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.url() + path))
                .method(method, BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }

    private static String lease(String version, int transitions) {
        return """
                {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
                "metadata":{"name":"l","namespace":"demo","resourceVersion":"%s"},
                "spec":{"leaseTransitions":%d}}""".formatted(version, transitions);
    }

    @Test
    void secondCreationIsAConflict() throws Exception {
        assertThat(send("POST", LEASES, lease("", 0))).isEqualTo(201);
        assertThat(send("POST", LEASES, lease("", 0))).isEqualTo(409);
    }

    @Test
    void writeThatIsOutOfDateIsAConflict() throws Exception {
        assertThat(send("PUT", LEASES + "/l", lease("1", 0))).isEqualTo(404);
        send("POST", LEASES, lease("", 0));
        assertThat(send("PUT", LEASES + "/l", lease("1", 1))).isEqualTo(200);
        assertThat(send("PUT", LEASES + "/l", lease("1", 2))).isEqualTo(409);
    }

    @Test
    void everybodyMayDoEverything() throws Exception {
        assertThat(send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{}"))
                .isEqualTo(201);
    }
}
