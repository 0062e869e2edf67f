package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fabric8's mock of an API server, in this JVM, on plain HTTP, for processes beside it. What it answers can be
 * replaced.
 */
public final class MockApiServer implements AutoCloseable {

    // Held here, because a logger that nobody holds forgets its level. The mock tells of every request.
    private final List<Logger> silenced = Stream.of("io.fabric8.mockwebserver", "io.netty")
            .map(Logger::getLogger)
            .toList();

    private final KubernetesMockServer server;
    private volatile Function<RecordedRequest, @Nullable MockResponse> instead = request -> null;

    /** Starts it on any free port. */
    public MockApiServer() {
        silenced.forEach(logger -> logger.setLevel(Level.OFF));
        Dispatcher crud = new MockApiDispatcher();
        server = new KubernetesMockServer(
                new Context(),
                new MockWebServer(),
                new HashMap<>(),
                new Dispatcher() {
                    @Override
                    public MockResponse dispatch(RecordedRequest request) {
                        MockResponse other = instead.apply(request);
                        return other == null ? crud.dispatch(request) : other;
                    }
                },
                false);
        server.init(InetAddress.getLoopbackAddress(), 0);
    }

    /** From now on {@code answers} decides; null lets the mock answer. */
    public void answer(Function<RecordedRequest, @Nullable MockResponse> answers) {
        instead = answers;
    }

    /** From now on each request is answered with {@code status} and {@code body}. */
    public void answer(int status, String body) {
        answer(request -> new MockResponse().setResponseCode(status).setBody(body));
    }

    /** From now on the mock answers again. */
    public void heal() {
        answer(request -> null);
    }

    /** Where it serves. */
    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getPort());
    }

    @Override
    public void close() {
        server.destroy();
    }
}
