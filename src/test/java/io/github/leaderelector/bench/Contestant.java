package io.github.leaderelector.bench;

import io.github.leaderelector.testkit.ClientGo;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.SidecarProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The program that is measured. */
enum Contestant {
    /** The packaged sidecar. */
    SIDECAR("leader-elector", "/leader"),
    /** A leader elector on client-go, with release on cancel, that does as much as its users usually write. */
    CLIENT_GO("client-go", "/");

    private final String label;
    private final String path;

    Contestant(String label, String path) {
        this.label = label;
        this.path = path;
    }

    /** The command to start. */
    SidecarProcess.Spec of(SidecarProcess.Spec sidecar) {
        return this == SIDECAR ? sidecar : sidecar.running(ClientGo.program());
    }

    /** The settings by which it finds {@code server} as {@code user}; the sidecar by those of a pod. */
    Map<String, String> access(RealApiServer server, Path folder, String user) {
        if (this == CLIENT_GO) {
            Path kubeconfig = Kubeconfigs.write(folder.resolve(user + ".kubeconfig"), server, server.port(), user);
            return Map.of("KUBECONFIG", kubeconfig.toString());
        }
        try {
            Path token = Files.writeString(folder.resolve(user + ".token"), server.token(user));
            return Map.of(
                    "KUBERNETES_SERVICE_HOST",
                    "127.0.0.1",
                    "KUBERNETES_SERVICE_PORT",
                    String.valueOf(server.port()),
                    "KUBERNETES_CERTS_CA_FILE",
                    server.certificateFile().toString(),
                    "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN",
                    token.toString(),
                    "KUBERNETES_AUTH_TRYKUBECONFIG",
                    "false");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where it answers who leads. */
    String path() {
        return path;
    }

    @Override
    public String toString() {
        return label;
    }
}
