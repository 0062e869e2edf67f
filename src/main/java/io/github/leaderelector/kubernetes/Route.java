package io.github.leaderelector.kubernetes;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The parameters of connections to one API server: host, proxy and TLS. Other changes of an {@link ApiAccess}, such as
 * a new token, need no new connections.
 */
final class Route {

    private static final int HTTPS = 443;
    private static final int HTTP = 80;

    /** One watch, one request and one release; no more are under way at once. */
    private static final int MOST_CONNECTIONS = 8;

    private final ApiAccess access;
    private final boolean secure;
    private final String host;
    private final int port;
    private final Addresses addresses;

    Route(ApiAccess access, Addresses.Lookup names) {
        this.access = access;
        URI server = access.server();
        this.secure = "https".equals(server.getScheme());
        this.host = bare(server.getHost());
        this.port = server.getPort() >= 0 ? server.getPort() : secure ? HTTPS : HTTP;
        URI first = access.proxy().map(ApiAccess.Proxy::uri).orElse(server);
        this.addresses =
                new Addresses(bare(first.getHost()), access.proxy().isPresent() ? first.getPort() : port, names);
    }

    private static String bare(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Whether {@code other} needs the same connections. */
    boolean leadsTo(ApiAccess other) {
        return access.server().equals(other.server())
                && access.tls().equals(other.tls())
                && access.proxy().equals(other.proxy());
    }

    /** The addresses of the server, or of the proxy in front of it. */
    Addresses addresses() {
        return addresses;
    }

    /**
     * A client for all requests: one connection of HTTP/2 with TLS, if the server speaks it, otherwise several of
     * HTTP/1.1. An open watch keeps the connection of HTTP/2 from being closed as idle, so that a write finds it open.
     *
     * @param limit how long a TLS handshake may take
     */
    HttpClient open(Vertx vertx, Duration limit) {
        HttpClientOptions options = new HttpClientOptions()
                .setSsl(secure)
                .setSslHandshakeTimeout(limit.toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setProtocolVersion(secure ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1)
                .setUseAlpn(secure)
                .setDecompressionSupported(false);
        TlsOptions.apply(access.tls(), options);
        options.setVerifyHost(!access.tls().insecure()).setTrustAll(access.tls().insecure());
        return vertx.createHttpClient(
                options, new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS).setHttp2MaxSize(1));
    }

    /** The target of a request for {@code path} to {@code address}. */
    RequestOptions target(String path, SocketAddress address) {
        String name = access.tls().serverName().orElse(host);
        RequestOptions options = new RequestOptions()
                .setHost(name)
                .setPort(port)
                .setSsl(secure)
                .setURI(access.server().getRawPath() + path);
        if (access.proxy().isPresent()) {
            ApiAccess.Proxy proxy = access.proxy().get();
            ProxyOptions proxyOptions = new ProxyOptions()
                    .setType(proxy.uri().getScheme().equals("http") ? ProxyType.HTTP : ProxyType.SOCKS5)
                    .setHost(address.host())
                    .setPort(address.port());
            proxy.user().ifPresent(proxyOptions::setUsername);
            proxy.password().ifPresent(proxyOptions::setPassword);
            options.setProxyOptions(proxyOptions);
            if (!name.equals(host)) {
                options.setServer(SocketAddress.inetSocketAddress(port, host));
            }
        } else {
            options.setServer(address);
        }
        return options;
    }

    /** Addresses {@code request} to the server's own name, also where its certificate has another (tls-server-name). */
    void address(HttpClientRequest request) {
        if (access.tls().serverName().isPresent()) {
            request.authority(HostAndPort.create(access.server().getHost(), port));
        }
    }
}
