package io.github.leaderelector.kubernetes;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the access to the API server in a pod: from the variables and files that Kubernetes gives to each container.
 */
final class ServiceAccount implements AccessReader {

    static final String HOST = "KUBERNETES_SERVICE_HOST";
    static final String PORT = "KUBERNETES_SERVICE_PORT";

    private static final Path FOLDER = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private final Map<String, String> environment;
    private final Path tokenFile;
    private final Path caFile;
    private final Path namespaceFile;

    /**
     * @param environment the variables of this process; they name the API server, and may name other files, as for
     *     Fabric8
     */
    ServiceAccount(Map<String, String> environment) {
        this.environment = environment;
        this.tokenFile = file("KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN", "token");
        this.caFile = file("KUBERNETES_CERTS_CA_FILE", "ca.crt");
        this.namespaceFile = FOLDER.resolve("namespace");
    }

    private Path file(String variable, String name) {
        @Nullable String other = environment.get(variable);
        return other == null || other.isBlank() ? FOLDER.resolve(name) : Path.of(other);
    }

    @Override
    public Reading read(boolean rejected) throws AccessException {
        URI server = server();
        Map<String, List<String>> headers = Map.of();
        Optional<String> anonymous = Optional.empty();
        if (Files.exists(tokenFile)) {
            headers = Map.of(
                    "Authorization",
                    List.of("Bearer " + TextFile.token(TextFile.read(tokenFile), "'" + tokenFile + "'")));
        } else {
            anonymous = Optional.of("the token of the ServiceAccount, '" + tokenFile + "', does not exist");
        }
        boolean ca = Files.exists(caFile);
        ApiAccess access = new ApiAccess(
                server,
                new ApiAccess.Tls(
                        ca ? Optional.of(Authorities.of(TextFile.read(caFile), "'" + caFile + "'")) : Optional.empty(),
                        ca ? "those in '" + caFile + "'" : "those of the system, as '" + caFile + "' does not exist",
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()),
                headers,
                Proxies.of(environment).forServer(server),
                namespace(),
                "the environment of this pod (" + HOST + ") and its ServiceAccount",
                anonymous);
        return new Reading(access, Optional.empty());
    }

    @Override
    public Optional<String> namespace() throws AccessException {
        return Files.exists(namespaceFile)
                ? Optional.of(TextFile.read(namespaceFile)).filter(text -> !text.isEmpty())
                : Optional.empty();
    }

    private URI server() throws AccessException {
        String host = environment.getOrDefault(HOST, "").strip();
        String port = environment.getOrDefault(PORT, "443").strip();
        try {
            URI server = URI.create("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
            if (server.getHost() != null) {
                return server;
            }
        } catch (IllegalArgumentException notAnAddress) {
            // Reported below.
        }
        throw AccessException.permanent(HOST + " and " + PORT + " are no host and port");
    }
}
