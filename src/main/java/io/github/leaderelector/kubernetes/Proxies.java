package io.github.leaderelector.kubernetes;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the proxy for a server by {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, as Go and curl do.
 */
final class Proxies {

    /** Also for a proxy without a scheme. */
    private static final Pattern SCHEME = Pattern.compile("^[A-Za-z][A-Za-z0-9+.-]*://");

    private static final Pattern NAME = Pattern.compile("[\\p{Alnum}_-]+(\\.[\\p{Alnum}_-]+)*\\.?");

    private final Map<String, String> environment;
    private final List<Predicate<Target>> exceptions = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();

    /**
     * The target of a request.
     *
     * @param host in lower case, without brackets
     * @param address the address, if the host is one
     */
    private record Target(String host, int port, @Nullable InetAddress address) {}

    private Proxies(Map<String, String> environment) {
        this.environment = environment;
        for (String entry : variable("NO_PROXY").split(",", -1)) {
            if (!entry.isBlank()) {
                exception(entry.strip().toLowerCase(Locale.ROOT));
            }
        }
    }

    static Proxies of(Map<String, String> environment) {
        return new Proxies(environment);
    }

    /** The entries of {@code NO_PROXY} that cannot be parsed; they are skipped. */
    List<String> skipped() {
        return List.copyOf(skipped);
    }

    /** The proxy for {@code server}; empty for none. */
    Optional<ApiAccess.Proxy> forServer(URI server) throws AccessException {
        String name = "https".equals(server.getScheme()) ? "HTTPS_PROXY" : "HTTP_PROXY";
        String value = variable(name);
        if (value.isBlank() || isException(server)) {
            return Optional.empty();
        }
        return Optional.of(proxy(value.strip(), name));
    }

    private String variable(String name) {
        @Nullable String upper = environment.get(name);
        return upper == null || upper.isEmpty() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : upper;
    }

    /** The proxy of {@code url}, which comes from {@code origin}. */
    static ApiAccess.Proxy proxy(String url, String origin) throws AccessException {
        try {
            URI uri = new URI(SCHEME.matcher(url).find() ? url : "http://" + url);
            String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
            if (uri.getHost() == null) {
                throw AccessException.permanent(origin + " is no URL of a proxy");
            }
            if (!List.of("http", "socks5", "socks5h").contains(scheme)) {
                throw AccessException.permanent(
                        origin + " names a proxy by '" + scheme + "', which is not supported; use http or socks5");
            }
            int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("http") ? 80 : 1080;
            Optional<String> userInfo = Optional.ofNullable(uri.getUserInfo());
            return new ApiAccess.Proxy(
                    new URI(scheme.equals("http") ? "http" : "socks5", null, uri.getHost(), port, null, null, null),
                    userInfo.map(info -> info.split(":", 2)[0]),
                    userInfo.map(info -> info.contains(":") ? info.split(":", 2)[1] : ""));
        } catch (URISyntaxException notOne) {
            throw AccessException.permanent(origin + " is no URL of a proxy");
        }
    }

    private boolean isException(URI server) {
        String host = server.getHost().toLowerCase(Locale.ROOT);
        String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        int port = server.getPort() >= 0 ? server.getPort() : "https".equals(server.getScheme()) ? 443 : 80;
        Target target = new Target(bare, port, literal(bare));
        return bare.equals("localhost")
                || (target.address() != null && target.address().isLoopbackAddress())
                || exceptions.stream().anyMatch(exception -> exception.test(target));
    }

    private void exception(String entry) {
        if (entry.equals("*")) {
            exceptions.add(target -> true);
            return;
        }
        int slash = entry.indexOf('/');
        if (slash > 0) {
            network(entry, entry.substring(0, slash), entry.substring(slash + 1));
            return;
        }
        // [::1], [::1]:443, name:443; an IPv6 address without brackets has no port.
        int bracket = entry.startsWith("[") ? entry.indexOf(']') : -1;
        int colon = bracket > 0 ? entry.indexOf(':', bracket) : entry.indexOf(':');
        boolean hasPort = colon > 0 && (bracket > 0 || colon == entry.lastIndexOf(':'));
        String host = hasPort ? entry.substring(0, colon) : entry;
        String bare = bracket > 0 && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        int port;
        try {
            port = hasPort ? Integer.parseInt(entry.substring(colon + 1)) : -1;
        } catch (NumberFormatException noPort) {
            skipped.add(entry);
            return;
        }
        @Nullable InetAddress address = literal(bare);
        if (address != null) {
            exceptions.add(target -> address.equals(target.address()) && (port < 0 || port == target.port()));
            return;
        }
        String suffix = bare.startsWith("*.") ? bare.substring(1) : bare;
        String name = suffix.startsWith(".") ? suffix.substring(1) : suffix;
        if (!NAME.matcher(name).matches()) {
            skipped.add(entry);
            return;
        }
        exceptions.add(target -> (port < 0 || port == target.port())
                && (target.host().endsWith("." + name)
                        || (!suffix.startsWith(".") && target.host().equals(name))));
    }

    private void network(String entry, String first, String length) {
        @Nullable InetAddress address = literal(first);
        int bits = length.chars().allMatch(Character::isDigit) && !length.isEmpty() && length.length() < 4
                ? Integer.parseInt(length)
                : -1;
        if (address == null || bits < 0 || bits > 8 * address.getAddress().length) {
            skipped.add(entry);
            return;
        }
        byte[] network = address.getAddress();
        exceptions.add(target ->
                target.address() != null && shares(network, target.address().getAddress(), bits));
    }

    private static boolean shares(byte[] network, byte[] address, int bits) {
        if (network.length != address.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> bit % 8;
            if ((network[bit / 8] & mask) != (address[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }

    /** The address that {@code host} is; null if it is a name. Asks no name server. */
    static @Nullable InetAddress literal(String host) {
        if (!host.matches("\\d{1,3}(\\.\\d{1,3}){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%.*)?")) {
            return null;
        }
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException notOne) {
            return null;
        }
    }
}
