package io.github.leaderelector.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Looks names up as every other program of the pod does, through the C library: {@code /etc/hosts}, then the name
 * servers of {@code /etc/resolv.conf} with its search domains and options.
 *
 * <p>That blocks, for up to a minute if no name server answers. So each lookup has a thread of its own. Further
 * requests for the same name wait for the same lookup. Safe for use by many threads.
 */
final class Lookups {

    private static final int IDLE_SECONDS = 10;

    private final Resolver resolver;
    private final Map<String, CompletableFuture<List<InetAddress>>> underWay = new ConcurrentHashMap<>();
    private final Executor threads = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                Thread thread = new Thread(task, "name-lookup");
                thread.setDaemon(true);
                return thread;
            });

    /** Finds all addresses of a name, in the order in which they are to be tried; blocks. */
    @FunctionalInterface
    interface Resolver {

        /**
         * All addresses of {@code host}; at least one.
         *
         * @throws UnknownHostException if the name has none, or if no name server answers
         */
        InetAddress[] addresses(String host) throws UnknownHostException;
    }

    Lookups(Resolver resolver) {
        this.resolver = resolver;
    }

    /** All addresses of {@code host}, a name or an address, in the order in which they are to be tried. */
    CompletableFuture<List<InetAddress>> addresses(String host) {
        return underWay.computeIfAbsent(host, name -> {
            CompletableFuture<List<InetAddress>> found = new CompletableFuture<>();
            threads.execute(() -> lookUp(name, found));
            return found;
        });
    }

    private void lookUp(String host, CompletableFuture<List<InetAddress>> found) {
        try {
            List<InetAddress> addresses = List.of(resolver.addresses(host));
            underWay.remove(host);
            found.complete(addresses);
        } catch (UnknownHostException | RuntimeException failure) {
            underWay.remove(host);
            found.completeExceptionally(failure);
        }
    }
}
