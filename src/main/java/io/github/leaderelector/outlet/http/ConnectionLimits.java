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
 * Limits the number of connections of each address.
 *
 * <p>A new connection is always accepted, because it may be a probe of the kubelet. If there are too many, an old one
 * is closed: the oldest of the same address, or the oldest of the address with the most connections. So no client can
 * lock out another, and idle connections are closed first. Connections of this pod are counted separately. Safe for use
 * by many threads.
 *
 * @param <C> a connection, compared by identity
 */
final class ConnectionLimits<C> {

    private final int own;
    private final int perAddress;
    private final int others;
    private final Set<C> ownConnections = new LinkedHashSet<>();
    private final Map<InetAddress, Set<C>> otherConnections = new HashMap<>();
    private final Map<C, InetAddress> addresses = new HashMap<>();

    /**
     * @param own the limit for this pod
     * @param perAddress the limit for each other address
     * @param others the limit for all other addresses together
     */
    ConnectionLimits(int own, int perAddress, int others) {
        this.own = own;
        this.perAddress = perAddress;
        this.others = others;
    }

    /**
     * Adds {@code connection}.
     *
     * @param address its remote address; null if it comes from this pod
     * @return the connections that must be closed
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

    /** Removes {@code connection}, which is closed. */
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
