package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.text.ForeignText;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the access to the API server from kubeconfig files as client-go does: if several files set a value, the first
 * one wins, and paths are relative to their file. A field that is not supported is an error that names it.
 */
final class Kubeconfig implements AccessReader {

    private final List<Path> files;
    private final Map<String, String> environment;
    private final ExecPlugin plugin;

    /** @param files the files that exist, at least one; the first file that sets a value wins */
    Kubeconfig(List<Path> files, Map<String, String> environment, ExecPlugin plugin) {
        this.files = List.copyOf(files);
        this.environment = environment;
        this.plugin = plugin;
    }

    @Override
    public Reading read(boolean rejected) throws AccessException {
        List<KubeconfigEntry> parts = parts();
        String name = currentContext(parts);
        KubeconfigEntry context = named(parts, "context", name, "current-context");
        String clusterName = context.text("cluster").orElse("");
        KubeconfigEntry cluster = named(parts, "cluster", clusterName, "context '" + ForeignText.name(name) + "'");
        Optional<String> userName = context.text("user");
        @Nullable
        KubeconfigEntry user = userName.isPresent()
                ? named(parts, "user", userName.get(), "context '" + ForeignText.name(name) + "'")
                : null;

        URI server = ServerUrl.of(cluster);
        Credentials credentials = user == null ? Credentials.NONE : credentials(user, cluster, rejected);
        String origin = "context '" + ForeignText.name(name) + "' of '" + context.file() + "'";
        Optional<String> anonymous = !credentials.headers().containsKey("Authorization")
                        && credentials.certificate().isEmpty()
                ? Optional.of(
                        user == null
                                ? origin + " names no user"
                                : "user '" + ForeignText.name(userName.orElse("")) + "' of '" + user.file()
                                        + "' has none")
                : Optional.empty();
        Optional<String> proxyUrl = cluster.text("proxy-url");
        ApiAccess access = new ApiAccess(
                server,
                tls(cluster, credentials),
                credentials.headers(),
                proxyUrl.isPresent()
                        ? Optional.of(Proxies.proxy(proxyUrl.get(), cluster.field("proxy-url")))
                        : Proxies.of(environment).forServer(server),
                context.text("namespace"),
                origin,
                anonymous);
        return new Reading(access, credentials.renewAt());
    }

    @Override
    public Optional<String> namespace() throws AccessException {
        List<KubeconfigEntry> parts = parts();
        return named(parts, "context", currentContext(parts), "current-context").text("namespace");
    }

    private List<KubeconfigEntry> parts() throws AccessException {
        List<KubeconfigEntry> parts = new ArrayList<>();
        for (Path file : files) {
            Optional<JsonNode> node = Yaml.read(TextFile.read(file), "'" + file + "'");
            if (node.isPresent()) {
                if (!node.get().isObject()) {
                    throw AccessException.passing("'" + file + "' is no kubeconfig");
                }
                parts.add(new KubeconfigEntry(file, "it", node.get()));
            }
        }
        if (parts.isEmpty()) {
            throw AccessException.passing(quoted() + (files.size() == 1 ? " is empty" : " are empty"));
        }
        return parts;
    }

    private String currentContext(List<KubeconfigEntry> parts) throws AccessException {
        for (KubeconfigEntry part : parts) {
            Optional<String> name = part.text("current-context");
            if (name.isPresent()) {
                return name.get();
            }
        }
        throw AccessException.passing("the kubeconfig " + quoted() + " has no current-context");
    }

    private String quoted() {
        return String.join(", ", files.stream().map(file -> "'" + file + "'").toList());
    }

    private KubeconfigEntry named(List<KubeconfigEntry> parts, String kind, String name, String who)
            throws AccessException {
        for (KubeconfigEntry part : parts) {
            for (JsonNode entry : part.node().path(kind + "s")) {
                if (entry.path("name").asText().equals(name)) {
                    return new KubeconfigEntry(
                            part.file(), kind + " '" + ForeignText.name(name) + "'", entry.path(kind));
                }
            }
        }
        throw AccessException.passing("the kubeconfig " + quoted() + " has no " + kind + " '" + ForeignText.name(name)
                + "', which its " + who + " names");
    }

    private static ApiAccess.Tls tls(KubeconfigEntry cluster, Credentials credentials) throws AccessException {
        Optional<String> data = cluster.data("certificate-authority-data");
        Optional<Path> file = cluster.path("certificate-authority");
        Optional<String> ca = Optional.empty();
        if (data.isPresent()) {
            ca = Optional.of(Authorities.of(data.get(), cluster.field("certificate-authority-data")));
        } else if (file.isPresent()) {
            ca = Optional.of(Authorities.of(TextFile.read(file.get()), "'" + file.get() + "'"));
        }
        boolean insecure = cluster.flag("insecure-skip-tls-verify");
        if (insecure && ca.isPresent()) {
            throw AccessException.permanent(
                    cluster.field("insecure-skip-tls-verify") + " cannot be set beside a certificate-authority");
        }
        String origin = data.isPresent()
                ? "those in " + cluster.field("certificate-authority-data")
                : file.map(path -> "those in '" + path + "'").orElse("those of the system");
        return new ApiAccess.Tls(
                ca, origin, insecure, cluster.text("tls-server-name"), credentials.certificate(), credentials.key());
    }

    /**
     * The credentials of a user.
     *
     * @param headers {@code Authorization} and the headers of impersonation
     */
    private record Credentials(
            Map<String, List<String>> headers,
            Optional<String> certificate,
            Optional<String> key,
            Optional<Instant> renewAt) {

        static final Credentials NONE = new Credentials(Map.of(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private Credentials credentials(KubeconfigEntry user, KubeconfigEntry cluster, boolean rejected)
            throws AccessException {
        if (user.node().path("auth-provider").isObject()) {
            throw AccessException.permanent(user.field("auth-provider") + " is not supported; use exec");
        }
        Map<String, List<String>> headers = new TreeMap<>();
        Optional<String> certificate = pem(user, "client-certificate");
        Optional<String> key = pem(user, "client-key");
        Optional<Instant> expires = Optional.empty();
        Optional<Path> tokenFile = user.path("tokenFile");
        Optional<String> token = tokenOf(user);
        // The file wins if it is there.
        if (tokenFile.isPresent() && (token.isEmpty() || Files.exists(tokenFile.get()))) {
            token = Optional.of(TextFile.token(TextFile.read(tokenFile.get()), "'" + tokenFile.get() + "'"));
        }
        Optional<String> name = user.text("username");
        if (token.isPresent()) {
            headers.put("Authorization", List.of("Bearer " + token.get()));
        } else if (name.isPresent()) {
            String pair = name.get() + ":" + user.text("password").orElse("");
            headers.put(
                    "Authorization",
                    List.of("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8))));
        } else if (user.node().path("exec").isObject()) {
            ExecPlugin.Credential credential = plugin.credential(
                    new KubeconfigEntry(
                            user.file(), user.where() + ".exec", user.node().path("exec")),
                    cluster,
                    rejected);
            credential.token().ifPresent(text -> headers.put("Authorization", List.of("Bearer " + text)));
            certificate = credential.certificate().isPresent() ? credential.certificate() : certificate;
            key = credential.key().isPresent() ? credential.key() : key;
            expires = credential.renewAt();
        }
        impersonation(user, headers);
        checkKey(user, certificate, key);
        return new Credentials(Map.copyOf(headers), certificate, key, expires);
    }

    private static Optional<String> tokenOf(KubeconfigEntry user) throws AccessException {
        Optional<String> token = user.text("token");
        return token.isPresent() ? Optional.of(TextFile.token(token.get(), user.field("token"))) : token;
    }

    private static Optional<String> pem(KubeconfigEntry user, String field) throws AccessException {
        Optional<String> data = user.data(field + "-data");
        Optional<Path> file = user.path(field);
        return data.isPresent() || file.isEmpty() ? data : Optional.of(TextFile.read(file.get()));
    }

    private static void checkKey(KubeconfigEntry user, Optional<String> certificate, Optional<String> key)
            throws AccessException {
        if (certificate.isPresent() != key.isPresent()) {
            throw AccessException.permanent(user.field(certificate.isPresent() ? "client-key" : "client-certificate")
                    + " is missing: a client certificate needs both");
        }
        if (certificate.isPresent() && key.isPresent()) {
            String both = "the client certificate and key of " + user.field("client-certificate") + " cannot be used: ";
            try {
                var unused = ClientCertificate.of(certificate.get(), key.get());
            } catch (NoSuchAlgorithmException unsupported) {
                throw AccessException.permanent(both + ForeignText.of(unsupported));
            } catch (GeneralSecurityException unreadable) {
                throw AccessException.passing(both + ForeignText.of(unreadable));
            }
        }
    }

    private static void impersonation(KubeconfigEntry user, Map<String, List<String>> headers) throws AccessException {
        Optional<String> as = user.text("as");
        if (as.isEmpty()) {
            return;
        }
        headers.put("Impersonate-User", List.of(header(as.get(), user.field("as"))));
        Optional<String> uid = user.text("as-uid");
        if (uid.isPresent()) {
            headers.put("Impersonate-Uid", List.of(header(uid.get(), user.field("as-uid"))));
        }
        List<String> groups = values(user.node().path("as-groups"), user.field("as-groups"));
        if (!groups.isEmpty()) {
            headers.put("Impersonate-Group", groups);
        }
        for (Map.Entry<String, JsonNode> extra :
                user.node().path("as-user-extra").properties()) {
            headers.put(
                    "Impersonate-Extra-" + encoded(extra.getKey()),
                    values(extra.getValue(), user.field("as-user-extra")));
        }
    }

    private static List<String> values(JsonNode array, String origin) throws AccessException {
        List<String> values = new ArrayList<>();
        for (JsonNode value : array) {
            values.add(header(value.asText(), origin));
        }
        return List.copyOf(values);
    }

    private static String header(String value, String origin) throws AccessException {
        if (value.chars().anyMatch(c -> c < ' ' || c == 0x7f)) {
            throw AccessException.permanent(origin + " holds characters that no header may have");
        }
        return value;
    }

    /** Encodes characters that a header's name must not have, as client-go does. */
    private static String encoded(String key) {
        StringBuilder name = new StringBuilder();
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && (Character.isLetterOrDigit(c) || "!#$&'*+-.^_`|~".indexOf(c) >= 0)) {
                name.append(c);
            } else {
                name.append(String.format("%%%02X", b & 0xff));
            }
        }
        return name.toString();
    }
}
