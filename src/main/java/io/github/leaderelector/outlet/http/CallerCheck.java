package io.github.leaderelector.outlet.http;

import io.netty.util.NetUtil;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Distinguishes programs of this pod, which may change something, from all other clients, which may only read. */
final class CallerCheck {

    /** Headers that a proxy adds, in lower case, in addition to those that begin with {@value #FORWARDED}. */
    private static final Set<String> BY_PROXIES = Set.of("forwarded", "via", "x-real-ip", "x-envoy-external-address");

    private static final String FORWARDED = "x-forwarded-";

    private CallerCheck() {}

    /**
     * Whether the other end of {@code connection} is a program of this pod, by the addresses of the connection, not by
     * a header. Both addresses must be of the loopback: the inbound proxy of a mesh forwards foreign requests from the
     * loopback, but to the pod's own address.
     */
    static boolean ofThisPod(HttpConnection connection) {
        return loopback(connection.remoteAddress(true).hostAddress())
                && loopback(connection.localAddress(true).hostAddress());
    }

    /**
     * Why the sender of {@code request} must not change anything, one sentence; empty if it may.
     *
     * <p>The sender must be in this pod. The request must not come through a proxy. Its Host must be a name of this
     * machine: a web page whose DNS name was changed to 127.0.0.1 (DNS rebinding) uses its own name. The sender must
     * not be a browser that acts for a page: browsers send headers that programs do not send.
     */
    static Optional<String> refusal(HttpServerRequest request) {
        if (!ofThisPod(request.connection())) {
            return Optional.of("Only the containers of this pod may ask for that, over 127.0.0.1 or [::1].");
        }
        MultiMap headers = request.headers();
        if (headers.names().stream().anyMatch(CallerCheck::tellsOfAProxy)) {
            return Optional.of("Requests that a proxy has forwarded are refused; ask 127.0.0.1 or [::1] directly.");
        }
        List<String> hosts = headers.getAll(HttpHeaders.HOST);
        HostAndPort authority = hosts.size() == 1 ? HostAndPort.parseAuthority(hosts.get(0), -1) : null;
        if (authority == null || !thisMachine(authority.host())) {
            return Optional.of("The header Host must be localhost, 127.0.0.1 or [::1].");
        }
        if (headers.contains(HttpHeaders.ORIGIN) || headers.contains("Sec-Fetch-Site")) {
            return Optional.of("Web pages may not ask for that: the headers Origin and Sec-Fetch-Site are refused.");
        }
        return Optional.empty();
    }

    private static boolean tellsOfAProxy(String header) {
        String name = header.toLowerCase(Locale.ROOT);
        return name.startsWith(FORWARDED) || BY_PROXIES.contains(name);
    }

    private static boolean thisMachine(String host) {
        return host.equalsIgnoreCase("localhost") || loopback(host);
    }

    /** Whether {@code address} is a literal address of the loopback, also an IPv4 address in IPv6 notation. */
    private static boolean loopback(@Nullable String address) {
        byte[] bytes = address == null ? null : NetUtil.createByteArrayFromIpAddressString(address);
        try {
            return bytes != null && InetAddress.getByAddress(bytes).isLoopbackAddress();
        } catch (UnknownHostException impossibleLength) {
            return false;
        }
    }
}
