package io.github.leaderelector.outlet.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The clients with open event streams that get the same bytes. For one thread at a time. */
final class Clients {

    /** How many bytes may wait in this process for one client; the kernel has buffers of its own. */
    private static final int WRITE_QUEUE = 16 * 1024;

    private final Set<HttpServerResponse> open = new HashSet<>();

    int size() {
        return open.size();
    }

    /** Opens the stream of {@code client} with the bytes of {@code first}. */
    void add(HttpServerResponse client, Buffer first) {
        open.add(client);
        client.setChunked(true).setWriteQueueMaxSize(WRITE_QUEUE);
        client.write(first);
    }

    void remove(HttpServerResponse client) {
        open.remove(client);
    }

    /**
     * Sends the same bytes to all clients; makes them only if there is a client. Disconnects clients that do not read.
     */
    void send(Supplier<Buffer> event) {
        if (open.isEmpty()) {
            return;
        }
        Buffer bytes = event.get();
        // A copy, because disconnecting a client may remove it at once.
        for (HttpServerResponse client : List.copyOf(open)) {
            if (client.writeQueueFull()) {
                open.remove(client);
                client.reset();
            } else {
                client.write(bytes);
            }
        }
    }

    /** Ends all streams. */
    void end() {
        List.copyOf(open).forEach(HttpServerResponse::end);
        open.clear();
    }
}
