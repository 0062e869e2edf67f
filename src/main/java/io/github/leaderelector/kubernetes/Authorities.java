package io.github.leaderelector.kubernetes;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the certificates in a file of authorities, as Go does: what stands between them, or is none, is skipped. */
final class Authorities {

    private static final Pattern BLOCK = Pattern.compile("-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----");

    private Authorities() {}

    /** Those of {@code text} that can be used, in PEM; {@code origin} is where it is from. */
    static String of(String text, String origin) throws AccessException {
        StringBuilder found = new StringBuilder();
        try {
            CertificateFactory certificates = CertificateFactory.getInstance("X.509");
            for (Matcher block = BLOCK.matcher(text); block.find(); ) {
                if (isCertificate(certificates, block.group(1))) {
                    found.append(block.group()).append('\n');
                }
            }
        } catch (CertificateException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
        if (found.isEmpty()) {
            throw AccessException.passing(origin + " holds no certificate in PEM");
        }
        return found.toString().strip();
    }

    private static boolean isCertificate(CertificateFactory certificates, String base64) {
        try {
            byte[] der = Base64.getMimeDecoder().decode(base64);
            return certificates.generateCertificate(new ByteArrayInputStream(der)) != null;
        } catch (CertificateException | IllegalArgumentException none) {
            return false;
        }
    }
}
