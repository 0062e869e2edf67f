package io.github.leaderelector.kubernetes;

import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of a host. A name is looked up on a thread of its own, so that a name server that does not answer
 * delays nothing else. All addresses are returned; the one that last took a connection comes first.
 *
 * <p>Safe for use by many threads; nothing blocks.
 */
final class Addresses {

    private final String host;
    private final int port;
    private final Lookup names;
    private @Nullable CompletableFuture<List<SocketAddress>> found;

    /** Looks up a name; may block. */
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    /** @param host a name or an address, without brackets */
    Addresses(String host, int port, Lookup names) {
        this.host = host;
        this.port = port;
        this.names = names;
        if (Proxies.literal(host) != null) {
            found = CompletableFuture.completedFuture(List.of(SocketAddress.inetSocketAddress(port, host)));
        }
    }

    /** At least one, in the order in which to try them. Fails if the name cannot be looked up. */
    synchronized CompletableFuture<List<SocketAddress>> all() {
        if (found != null && !found.isCompletedExceptionally()) {
            return found;
        }
        CompletableFuture<List<SocketAddress>> lookup = new CompletableFuture<>();
        found = lookup;
        Thread thread = new Thread(() -> lookUp(lookup), "api-server-name");
        thread.setDaemon(true);
        thread.start();
        return lookup;
    }

    private void lookUp(CompletableFuture<List<SocketAddress>> lookup) {
        try {
            lookup.complete(Arrays.stream(names.all(host))
                    .map(InetAddress::getHostAddress)
                    .map(address -> SocketAddress.inetSocketAddress(port, address))
                    .toList());
        } catch (UnknownHostException unknown) {
            // The JDK's message varies from call to call.
            lookup.completeExceptionally(new UnknownHostException("unknown host '" + host + "'"));
        } catch (RuntimeException failure) {
            lookup.completeExceptionally(failure);
        }
    }

    /** From now on {@code address} comes first. */
    synchronized void prefer(SocketAddress address) {
        if (found != null && found.isDone() && !found.isCompletedExceptionally()) {
            List<SocketAddress> known = found.join();
            if (!known.get(0).equals(address)) {
                found = CompletableFuture.completedFuture(
                        Stream.concat(Stream.of(address), known.stream().filter(other -> !other.equals(address)))
                                .toList());
            }
        }
    }

    /** No address took a connection: the next request looks the name up again. */
    synchronized void forget() {
        if (found != null && found.isDone() && Proxies.literal(host) == null) {
            found = null;
        }
    }
}
