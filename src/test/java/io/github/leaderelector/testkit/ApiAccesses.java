package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.client.Config;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiAccess;
import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The product's way to an API server that tests know by Fabric8's configuration. */
public final class ApiAccesses {

    /** For all tests of a process; ends with it. */
    public static final Vertx VERTX = Vertx.vertx(
            new VertxOptions().setUseDaemonThread(true).setEventLoopPoolSize(2).setWorkerPoolSize(1));

    private ApiAccesses() {}

    /** As {@code config} says: its server, authority and token. */
    public static AccessStore of(Config config) {
        String token = config.getOauthToken();
        return AccessStore.fixed(
                new ApiAccess(
                        URI.create(config.getMasterUrl().replaceFirst("/+$", "")),
                        new ApiAccess.Tls(
                                authority(config),
                                "those of the test",
                                false,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty()),
                        token == null ? Map.of() : Map.of("Authorization", List.of("Bearer " + token)),
                        Optional.empty(),
                        Optional.ofNullable(config.getNamespace()),
                        "the test",
                        token == null ? Optional.of("the test has none") : Optional.empty()),
                Ticker.system());
    }

    private static Optional<String> authority(Config config) {
        if (config.getCaCertFile() != null) {
            try {
                return Optional.of(Files.readString(Path.of(config.getCaCertFile())));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return Optional.ofNullable(config.getCaCertData())
                .map(data -> data.startsWith("-----")
                        ? data
                        : new String(Base64.getMimeDecoder().decode(data), StandardCharsets.UTF_8));
    }
}
