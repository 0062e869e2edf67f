package io.github.leaderelector.kubernetes;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TCPSSLOptions;
import java.security.GeneralSecurityException;

/** Sets the options of Vert.x that the TLS of an {@link ApiAccess} needs. */
final class TlsOptions {

    private TlsOptions() {}

    /** Sets them in {@code options}, except the verification of the host's name. */
    static void apply(ApiAccess.Tls tls, TCPSSLOptions options) {
        tls.ca().ifPresent(pem -> options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem))));
        if (tls.certificate().isPresent() && tls.key().isPresent()) {
            try {
                options.setKeyCertOptions(
                        ClientCertificate.of(tls.certificate().get(), tls.key().get()));
            } catch (GeneralSecurityException unusable) {
                // It was usable when it was read.
                throw new IllegalStateException(unusable);
            }
        }
    }
}
