package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes kubeconfigs. */
public final class Kubeconfigs {

    private Kubeconfigs() {}

    /**
     * Writes {@code file}: who uses it talks to {@code port} of this machine as {@code user}.
     *
     * @return {@code file}
     */
    public static Path write(Path file, RealApiServer server, int port, String user) {
        String text = """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts:
          - name: test
            context: {cluster: test, user: test}
        clusters:
          - name: test
            cluster:
              server: https://127.0.0.1:%d
              certificate-authority: %s
        users:
          - name: test
            user:
              token: %s
        """.formatted(port, server.certificate().certificate().toAbsolutePath(), server.token(user));
        return write(file, text);
    }

    /**
     * Writes {@code file}: who uses it talks to the API server at {@code url}, which asks nobody who they are.
     *
     * @return {@code file}
     */
    public static Path write(Path file, URI url, String namespace) {
        return write(file, """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts:
          - name: test
            context: {cluster: test, user: test, namespace: %s}
        clusters:
          - name: test
            cluster: {server: %s}
        users:
          - name: test
            user: {}
        """.formatted(namespace, url));
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
