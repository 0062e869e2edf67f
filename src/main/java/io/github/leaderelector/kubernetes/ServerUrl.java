package io.github.leaderelector.kubernetes;

import io.github.leaderelector.text.ForeignText;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the URL of the API server that a kubeconfig names. */
final class ServerUrl {

    /** Captures what client-go uses of the URL of a server: all but its query and its fragment. */
    private static final Pattern URL = Pattern.compile("((?i)https?)(://[^?#]*).*");

    private static final Pattern HOST = Pattern.compile("://([-\\w.]+)(:\\d+)?(/.*)?");

    private ServerUrl() {}

    /**
     * The URL in {@code server} of {@code cluster}, without a slash at its end.
     *
     * @throws AccessException if there is none, or one that we cannot use
     */
    static URI of(KubeconfigEntry cluster) throws AccessException {
        String text = cluster.text("server")
                .orElseThrow(() -> AccessException.passing(cluster.field("server") + " is missing"));
        Matcher url = URL.matcher(text);
        if (url.matches()) {
            String rest = url.group(2).replaceFirst("/+$", "");
            try {
                // A scheme is the same in capitals.
                URI server = new URI(url.group(1).toLowerCase(Locale.ROOT) + rest);
                if (server.getHost() != null && server.getUserInfo() == null) {
                    return server;
                }
            } catch (URISyntaxException notOne) {
                // Reported below.
            }
            Matcher host = HOST.matcher(rest);
            if (host.matches()) {
                // Go takes '_'. Java does not, also not in the name of a certificate.
                throw AccessException.permanent(cluster.field("server") + " names the host '"
                        + ForeignText.name(host.group(1))
                        + "'; it must be of letters, digits, '-' and '.', and its last part must begin with a letter");
            }
        }
        throw AccessException.permanent(
                cluster.field("server") + " is no URL that begins with https:// or http:// and a host");
    }
}
