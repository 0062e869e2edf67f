package io.github.leaderelector.kubernetes;

import io.github.leaderelector.leadership.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Ways to an API server, and the certificates and keys that tests show and trust. */
final class Fixtures {

    private Fixtures() {}

    /** A file of the folder of fixtures. */
    static String text(String name) {
        try (InputStream in = Fixtures.class.getResourceAsStream("/kubernetes/" + name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A way without TLS, with a token. */
    static ApiAccess access(String server, String token) {
        return access(
                server,
                token,
                new ApiAccess.Tls(
                        Optional.empty(),
                        "those of the system",
                        false,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
    }

    static ApiAccess access(String server, String token, ApiAccess.Tls tls) {
        return new ApiAccess(
                URI.create(server),
                tls,
                Map.of("Authorization", List.of("Bearer " + token)),
                Optional.empty(),
                Optional.of("prod"),
                "context 'c' of '/home/me/.kube/config'",
                Optional.empty());
    }

    /** TLS parameters that trust the certificate of that name. */
    static ApiAccess.Tls trusting(String certificate, Optional<String> serverName) {
        return new ApiAccess.Tls(
                Optional.of(text(certificate)),
                "those in '/pki/ca.crt'",
                false,
                serverName,
                Optional.empty(),
                Optional.empty());
    }

    /** A store in which {@code first} is in force, and {@code then} once that is rejected. */
    static AccessStore store(ApiAccess first, ApiAccess then) throws AccessException {
        AtomicReference<ApiAccess> current = new AtomicReference<>(first);
        AccessStore store = new AccessStore(
                rejected -> {
                    if (rejected) {
                        current.set(then);
                    }
                    return new AccessReader.Reading(current.get(), Optional.empty());
                },
                Ticker.system());
        store.current().join();
        return store;
    }
}
