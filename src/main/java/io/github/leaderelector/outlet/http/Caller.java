package io.github.leaderelector.outlet.http;

import io.netty.util.NetUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells programs of the own pod, which may change something, from everybody else, who may only read. */
final class Caller {

    private Caller() {}

    /**
     * Why the sender of {@code request} may change nothing, one sentence; empty if it may.
     *
     * <p>It must be on this machine, by the connection itself and not by any header. It must have called us by a name
     * of this machine: a page whose DNS name was bent to 127.0.0.1 calls us by that name. And it must not be a browser
     * that acts for a page: programs send neither of the headers that give one away.
     */
    static Optional<String> refusal(HttpServerRequest request) {
        if (!loopback(request.connection().remoteAddress(true).hostAddress())) {
            return Optional.of("Only the containers of this pod may ask for that, over 127.0.0.1 or [::1].");
        }
        String host = request.getHeader(HttpHeaders.HOST);
        HostAndPort authority = host == null ? null : HostAndPort.parseAuthority(host, -1);
        if (authority == null || !thisMachine(authority.host())) {
            return Optional.of("The header Host must be localhost, 127.0.0.1 or [::1].");
        }
        if (request.headers().contains(HttpHeaders.ORIGIN) || request.headers().contains("Sec-Fetch-Site")) {
            return Optional.of("Web pages may not ask for that: the headers Origin and Sec-Fetch-Site are refused.");
        }
        return Optional.empty();
    }

    private static boolean thisMachine(String host) {
        return host.equalsIgnoreCase("localhost") || loopback(host);
    }

    /** Whether {@code address} is a literal address of the loopback, also one of IPv4 in the clothes of IPv6. */
    private static boolean loopback(@Nullable String address) {
        byte[] bytes = address == null ? null : NetUtil.createByteArrayFromIpAddressString(address);
        try {
            return bytes != null && InetAddress.getByAddress(bytes).isLoopbackAddress();
        } catch (UnknownHostException impossibleLength) {
            return false;
        }
    }
}
