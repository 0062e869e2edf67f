package io.github.leaderelector.demo;

import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.github.leaderelector.testkit.MockApiDispatcher;
import java.net.InetAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Fabric8's mock of an API server, in this JVM, on plain HTTP: keeps what it is given, refuses writes that are out of
 * date, serves watches by WebSocket.
 */
final class EmbeddedApiServer implements AutoCloseable {

    // Held here, because a logger that nobody holds forgets its level. The mock tells of every request.
    private final List<Logger> silenced = Stream.of("io.fabric8.mockwebserver", "io.netty")
            .map(Logger::getLogger)
            .toList();

    private final KubernetesMockServer server;

    EmbeddedApiServer() {
        silenced.forEach(logger -> logger.setLevel(Level.OFF));
        server = new KubernetesMockServer(
                new Context(), new MockWebServer(), new HashMap<>(), new MockApiDispatcher(), false);
        server.init(InetAddress.getLoopbackAddress(), 0);
    }

    /** Where it serves. */
    URI url() {
        return URI.create("http://127.0.0.1:" + server.getPort());
    }

    @Override
    public void close() {
        server.destroy();
    }
}
