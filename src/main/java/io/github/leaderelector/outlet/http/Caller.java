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

/** Tells programs of the own pod, which may change something, from everybody else, who may only read. */
final class Caller {

    /** Headers that a proxy adds, in lower case, beside those that begin with {@value #FORWARDED}. */
    private static final Set<String> BY_PROXIES = Set.of("forwarded", "via", "x-real-ip", "x-envoy-external-address");

    private static final String FORWARDED = "x-forwarded-";

    private Caller() {}

    /**
     * Whether the other end of {@code connection} is a program of the own pod, by the addresses of the connection and
     * not by any header. Both must be the loopback's: the inbound proxy of a mesh hands on what comes from elsewhere by
     * the loopback, but to the pod's own address.
     */
    static boolean ofThisPod(HttpConnection connection) {
        return loopback(connection.remoteAddress(true).hostAddress())
                && loopback(connection.localAddress(true).hostAddress());
    }

    /**
     * Why the sender of {@code request} may change nothing, one sentence; empty if it may.
     *
     * <p>It must be of this pod. Nobody may have handed the request on. It must have called us by a name of this
     * machine: a page whose DNS name was bent to 127.0.0.1 calls us by that name. And it must not be a browser that
     * acts for a page: programs send neither of the headers that give one away.
     */
    static Optional<String> refusal(HttpServerRequest request) {
        if (!ofThisPod(request.connection())) {
            return Optional.of("Only the containers of this pod may ask for that, over 127.0.0.1 or [::1].");
        }
        MultiMap headers = request.headers();
        if (headers.names().stream().anyMatch(Caller::tellsOfAProxy)) {
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

    /** Whether {@code address} is a literal address of the loopback, also one of IPv4 written as one of IPv6. */
    private static boolean loopback(@Nullable String address) {
        byte[] bytes = address == null ? null : NetUtil.createByteArrayFromIpAddressString(address);
        try {
            return bytes != null && InetAddress.getByAddress(bytes).isLoopbackAddress();
        } catch (UnknownHostException impossibleLength) {
            return false;
        }
    }
}
