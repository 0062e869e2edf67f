package io.github.leaderelector.kubernetes;

import io.github.leaderelector.text.ForeignText;
import io.vertx.core.http.StreamResetException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Describes failures of connections. */
final class Failures {

    private Failures() {}

    /** Why a connection failed, in the words of the library that reported it. */
    static String describe(ApiAccess access, Throwable thrown) {
        Throwable root = thrown;
        boolean tls = isTls(root);
        boolean trust = isTrust(root);
        for (Throwable next = root.getCause(); next != null && next != root; next = root.getCause()) {
            root = next;
            tls |= isTls(root);
            trust |= isTrust(root);
        }
        if (root instanceof TimeoutException) {
            return "no connection in time";
        }
        if (root instanceof StreamResetException reset) {
            return "the server reset the request (HTTP/2 error " + reset.getCode() + ")";
        }
        String words = ForeignText.of(root);
        return tls && trust
                ? words + "; the certificates that are trusted are "
                        + access.tls().caOrigin()
                : words;
    }

    /** Whether the TLS handshake failed, for example because a certificate is no longer trusted. */
    static boolean ofTls(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (isTls(cause)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTls(Throwable cause) {
        return cause instanceof SSLException || cause instanceof CertificateException;
    }

    private static boolean isTrust(Throwable cause) {
        return cause instanceof CertificateException
                || cause instanceof CertPathValidatorException
                || cause instanceof CertPathBuilderException;
    }
}
