package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A self-signed certificate for the loopback interface, shared by the API server and the proxies before it, so that one
 * kubeconfig trusts all of them.
 *
 * @param certificate the certificate, PEM; also the authority to trust
 * @param privateKey the private key, PEM
 * @param context shows and trusts this certificate
 */
record ServerCertificate(Path certificate, Path privateKey, SSLContext context) {

    private static final String PASSWORD = "changeit";

    /** Makes a new one in {@code folder}, by the {@code keytool} of the running JDK. */
    static ServerCertificate create(Path folder) {
        try {
            Path store = folder.resolve("server.p12");
            Files.deleteIfExists(store);
            keytool(store);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            Path certificate = folder.resolve("server.crt");
            Path privateKey = folder.resolve("server.key");
            Files.writeString(
                    certificate,
                    pem("CERTIFICATE", keys.getCertificate("server").getEncoded()));
            Files.writeString(
                    privateKey,
                    pem(
                            "PRIVATE KEY",
                            keys.getKey("server", PASSWORD.toCharArray()).getEncoded()));
            return new ServerCertificate(certificate, privateKey, context(keys));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("Cannot make a certificate: " + e.getMessage(), e);
        }
    }

    private static void keytool(Path store) throws IOException {
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost",
                "-ext",
                "bc=ca:true",
                // Replicas whose wall clock is behind or ahead must find it valid.
                "-startdate",
                "-30d",
                "-validity",
                "3650",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException("keytool: " + output.strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while keytool ran.", e);
        }
    }

    private static String pem(String type, byte[] der) {
        byte[] lineEnd = "\n".getBytes(StandardCharsets.US_ASCII);
        return "-----BEGIN "
                + type
                + "-----\n"
                + Base64.getMimeEncoder(64, lineEnd).encodeToString(der)
                + "\n-----END "
                + type
                + "-----\n";
    }

    /** A token (JWT) of {@code claims}, JSON, signed with this key. */
    String sign(String claims) {
        Base64.Encoder text = Base64.getUrlEncoder().withoutPadding();
        String unsigned = text.encodeToString("{\"alg\":\"ES256\"}".getBytes(StandardCharsets.UTF_8))
                + "."
                + text.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        try {
            byte[] key =
                    Base64.getMimeDecoder().decode(Files.readString(privateKey).replaceAll("-----[A-Z ]+-----", ""));
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)));
            signature.update(unsigned.getBytes(StandardCharsets.US_ASCII));
            return unsigned + "." + text.encodeToString(signature.sign());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("Cannot sign: " + e.getMessage(), e);
        }
    }

    private static SSLContext context(KeyStore keys) throws GeneralSecurityException, IOException {
        KeyManagerFactory shown = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        shown.init(keys, PASSWORD.toCharArray());
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        authorities.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(authorities);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(shown.getKeyManagers(), trusted.getTrustManagers(), null);
        return context;
    }
}
