package io.github.leaderelector.kubernetes;

import io.vertx.core.net.KeyCertOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.X509KeyManager;

/**
 * Reads a client certificate and its key, both in PEM: RSA, EC or EdDSA, as PKCS #8, PKCS #1 or SEC 1, with whatever
 * stands around the blocks. Vert.x' own options know no EdDSA, and notice only while connecting that a key is of
 * another certificate.
 */
final class ClientCertificate {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);

    /** By the algorithm of the key: how it signs. */
    private static final Map<String, String> SIGNATURES =
            Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");

    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 0x04;
    private static final byte[] VERSION = {0x02, 0x01, 0x00};

    /** Not empty: EdDSA of Java 17 does not verify a signature of nothing. */
    private static final byte[] SOMETHING_TO_SIGN = {1};

    private ClientCertificate() {}

    /**
     * What TLS shows.
     *
     * @param certificate with its chain
     * @throws NoSuchAlgorithmException if it is of a kind that is not supported
     * @throws GeneralSecurityException if one of them cannot be read, or they do not belong together
     */
    static KeyCertOptions of(String certificate, String key) throws GeneralSecurityException {
        Certificate[] chain = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(certificates(certificate)))
                .toArray(Certificate[]::new);
        if (chain.length == 0) {
            throw new InvalidKeyException("there is no BEGIN CERTIFICATE");
        }
        PublicKey counterpart = chain[0].getPublicKey();
        PrivateKey own = key(key, counterpart);
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("client", own, new char[0], chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, new char[0]);
            return KeyCertOptions.wrap((X509KeyManager) managers.getKeyManagers()[0]);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] certificates(String pem) {
        StringBuilder blocks = new StringBuilder();
        Matcher block = BLOCK.matcher(pem);
        while (block.find()) {
            if (block.group(1).equals("CERTIFICATE")) {
                blocks.append(block.group()).append('\n');
            }
        }
        return blocks.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** The first key, as client-go takes it. */
    private static PrivateKey key(String pem, PublicKey counterpart) throws GeneralSecurityException {
        Matcher block = BLOCK.matcher(pem);
        while (block.find()) {
            String kind = block.group(1);
            if (!kind.endsWith("PRIVATE KEY")) {
                continue;
            }
            if (kind.startsWith("ENCRYPTED") || block.group(2).contains("Proc-Type:")) {
                throw new NoSuchAlgorithmException("the key is encrypted");
            }
            byte[] der;
            try {
                der = Base64.getMimeDecoder().decode(block.group(2));
            } catch (IllegalArgumentException notOne) {
                throw new InvalidKeyException("the key is no Base64");
            }
            return checked(key(kind, der, counterpart), counterpart);
        }
        throw new InvalidKeyException("there is no BEGIN PRIVATE KEY");
    }

    private static PrivateKey key(String kind, byte[] der, PublicKey counterpart) throws GeneralSecurityException {
        String algorithm = counterpart.getAlgorithm();
        if (!SIGNATURES.containsKey(algorithm)) {
            throw new NoSuchAlgorithmException("keys are RSA, EC or EdDSA, but this certificate's is " + algorithm);
        }
        // PKCS #1 and SEC 1 are what is inside PKCS #8, where the kind of key comes first, as in its certificate.
        byte[] pkcs8 = kind.equals("PRIVATE KEY")
                ? der
                : tagged(SEQUENCE, VERSION, kindOf(counterpart.getEncoded()), tagged(OCTETS, der));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    private static PrivateKey checked(PrivateKey own, PublicKey counterpart) throws GeneralSecurityException {
        Signature signature = Signature.getInstance(SIGNATURES.get(counterpart.getAlgorithm()));
        signature.initSign(own);
        signature.update(SOMETHING_TO_SIGN);
        byte[] signed = signature.sign();
        signature.initVerify(counterpart);
        signature.update(SOMETHING_TO_SIGN);
        if (!signature.verify(signed)) {
            throw new InvalidKeyException("the key is not that of the certificate");
        }
        return own;
    }

    /** The AlgorithmIdentifier, which comes first in a SubjectPublicKeyInfo. */
    private static byte[] kindOf(byte[] publicKey) {
        int from = contentOf(publicKey, 0);
        int content = contentOf(publicKey, from);
        // A kind of key takes a few bytes only: its length is one byte.
        return Arrays.copyOfRange(publicKey, from, content + publicKey[from + 1]);
    }

    /** Where the content of the element at {@code at} begins. */
    private static int contentOf(byte[] der, int at) {
        int length = der[at + 1] & 0xff;
        return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
    }

    private static byte[] tagged(int tag, byte[]... contents) {
        int length =
                List.of(contents).stream().mapToInt(content -> content.length).sum();
        ByteArrayOutputStream der = new ByteArrayOutputStream();
        der.write(tag);
        if (length >= 0x100) {
            der.write(0x82);
            der.write(length >> 8);
        } else if (length >= 0x80) {
            der.write(0x81);
        }
        der.write(length);
        for (byte[] content : contents) {
            der.writeBytes(content);
        }
        return der.toByteArray();
    }
}
