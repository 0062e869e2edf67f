package io.github.leaderelector.kubernetes;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The address of the API server and the credentials for it, as last read from a kubeconfig or from the pod's service
 * account; immutable.
 *
 * @param server its address, without a slash at its end
 * @param tls the trusted authorities, and our client certificate
 * @param headers sent with each request: credentials and impersonation
 * @param proxy the proxy in between; empty for none
 * @param namespace the namespace that the pod or the context is in; empty if nothing says so
 * @param origin the source of all this, for people
 * @param anonymous why there are no credentials, for people; empty if there are some
 */
public record ApiAccess(
        URI server,
        Tls tls,
        Map<String, List<String>> headers,
        Optional<Proxy> proxy,
        Optional<String> namespace,
        String origin,
        Optional<String> anonymous) {

    /**
     * The parameters of a TLS connection.
     *
     * @param ca the authorities, in PEM, that may sign the API server's certificate; empty for those of the system
     * @param caOrigin where they come from, for people
     * @param insecure whether any certificate is accepted
     * @param serverName the name that its certificate must have instead of the address's host
     * @param certificate ours, in PEM, with its chain
     * @param key its key, in PEM
     */
    public record Tls(
            Optional<String> ca,
            String caOrigin,
            boolean insecure,
            Optional<String> serverName,
            Optional<String> certificate,
            Optional<String> key) {

        @Override
        public String toString() {
            return "Tls[" + caOrigin + "]";
        }
    }

    /**
     * A proxy.
     *
     * @param uri with the scheme http or socks5, host and port
     * @param user empty if it asks for none
     * @param password empty if it asks for none
     */
    public record Proxy(URI uri, Optional<String> user, Optional<String> password) {

        @Override
        public String toString() {
            return uri.toString();
        }
    }

    /** Without any secret. */
    @Override
    public String toString() {
        return server + " from " + origin;
    }
}
