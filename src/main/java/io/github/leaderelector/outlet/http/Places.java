package io.github.leaderelector.outlet.http;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may have how many connections.
 *
 * <p>A new connection is always let in, since a probe of the kubelet is one. It is an old one that has to go where
 * there are too many: the oldest of the same address, or the oldest of the address that has most. So nobody is shut out
 * by others, and connections that are held without need are the first to go. Those of the own pod are counted apart.
 * Safe for use by many threads.
 *
 * @param <C> a connection, compared by identity
 */
final class Places<C> {

    private final int own;
    private final int perAddress;
    private final int others;
    private final Set<C> ownConnections = new LinkedHashSet<>();
    private final Map<InetAddress, Set<C>> otherConnections = new HashMap<>();
    private final Map<C, InetAddress> addresses = new HashMap<>();

    /**
     * @param own how many the own pod may have
     * @param perAddress how many any other address may have
     * @param others how many all other addresses together may have
     */
    Places(int own, int perAddress, int others) {
        this.own = own;
        this.perAddress = perAddress;
        this.others = others;
    }

    /**
     * Lets {@code connection} in.
     *
     * @param address from where it comes; null if from the own pod
     * @return which connections have lost their places and must be closed
     */
    synchronized List<C> enter(C connection, @Nullable InetAddress address) {
        List<C> out = new ArrayList<>();
        if (address == null) {
            ownConnections.add(connection);
            if (ownConnections.size() > own) {
                out.add(oldest(ownConnections));
            }
        } else {
            addresses.put(connection, address);
            Set<C> same = otherConnections.computeIfAbsent(address, a -> new LinkedHashSet<>());
            same.add(connection);
            if (same.size() > perAddress) {
                out.add(oldest(same));
            } else if (addresses.size() > others) {
                out.add(oldest(otherConnections.values().stream()
                        .max(Comparator.comparingInt(Set::size))
                        .orElse(same)));
            }
        }
        out.forEach(this::leave);
        return out;
    }

    private static <C> C oldest(Set<C> connections) {
        return connections.iterator().next();
    }

    /** {@code connection} is closed. */
    synchronized void leave(C connection) {
        ownConnections.remove(connection);
        InetAddress address = addresses.remove(connection);
        if (address != null) {
            otherConnections.computeIfPresent(address, (a, connections) -> {
                connections.remove(connection);
                return connections.isEmpty() ? null : connections;
            });
        }
    }
}
