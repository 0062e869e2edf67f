package io.github.leaderelector.kubernetes;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.TCPSSLOptions;

/** Sets the options of Vert.x that the TLS of an {@link ApiAccess} needs. */
final class TlsOptions {

    private TlsOptions() {}

    /** Sets them in {@code options}, except the verification of the host's name. */
    static void apply(ApiAccess.Tls tls, TCPSSLOptions options) {
        tls.ca().ifPresent(pem -> options.setTrustOptions(new PemTrustOptions().addCertValue(Buffer.buffer(pem))));
        if (tls.certificate().isPresent() && tls.key().isPresent()) {
            options.setKeyCertOptions(
                    identity(tls.certificate().get(), tls.key().get()));
        }
    }

    /** A certificate with its key, both in PEM. */
    static PemKeyCertOptions identity(String certificate, String key) {
        return new PemKeyCertOptions().addCertValue(Buffer.buffer(certificate)).addKeyValue(Buffer.buffer(key));
    }
}
