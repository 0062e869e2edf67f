package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.leadership.Ticker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubeconfigTest {

    private static final String CONTEXT = "current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\n";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void authority() throws IOException {
        file = folder.resolve("config");
        Files.createDirectories(folder.resolve("pki"));
        Files.writeString(folder.resolve("pki/ca.crt"), Fixtures.text("client-rsa.crt"));
    }

    @Test
    void theCurrentContextTellsServerAuthorityTokenAndNamespace() throws Exception {
        ApiAccess access = read("", "token: sidecar-token");

        assertThat(access.server()).hasToString("https://127.0.0.1:6443");
        assertThat(access.tls().ca()).hasValue(Fixtures.text("client-rsa.crt").strip());
        assertThat(access.tls().caOrigin()).isEqualTo("those in '" + folder.resolve("pki/ca.crt") + "'");
        assertThat(access.headers()).isEqualTo(Map.of("Authorization", List.of("Bearer sidecar-token")));
        assertThat(access.namespace()).hasValue("default");
        assertThat(access.origin()).isEqualTo("context 'c' of '" + file + "'");
        assertThat(access.anonymous()).isEmpty();
        assertThat(access.toString()).doesNotContain("sidecar-token");
    }

    /** E5: the fields that were bypassed in silence. */
    @Test
    void whatKubectlTakesIsHonoured() throws Exception {
        Files.writeString(folder.resolve("token"), "from-file\n");
        ApiAccess access = read(
                "proxy-url: 'socks5://proxy:1080', tls-server-name: api.example",
                "tokenFile: token, token: other, as: jane, as-uid: u-1, as-groups: [dev, ops],"
                        + " as-user-extra: {Reason/x: [a, b]}");

        assertThat(access.proxy()).hasValueSatisfying(proxy -> assertThat(proxy).hasToString("socks5://proxy:1080"));
        assertThat(access.tls().serverName()).hasValue("api.example");
        assertThat(access.headers())
                .isEqualTo(Map.of(
                        "Authorization", List.of("Bearer from-file"),
                        "Impersonate-User", List.of("jane"),
                        "Impersonate-Uid", List.of("u-1"),
                        "Impersonate-Group", List.of("dev", "ops"),
                        "Impersonate-Extra-Reason%2Fx", List.of("a", "b")));
    }

    @Test
    void basicAuthAndAnInsecureServerAreHonoured() throws Exception {
        write("{server: 'https://x:1/', insecure-skip-tls-verify: true}", "{username: me, password: 's3:cr3t'}");
        ApiAccess access = read(file);

        assertThat(access.server()).hasToString("https://x:1");
        assertThat(access.tls().insecure()).isTrue();
        assertThat(access.headers().get("Authorization"))
                .containsExactly(
                        "Basic " + Base64.getEncoder().encodeToString("me:s3:cr3t".getBytes(StandardCharsets.UTF_8)));
    }

    /** E5: what is not honoured is refused by its name. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '%', textBlock = """
            %%                                  | auth-provider: {name: gcp}                                              | 'auth-provider' of user 'u' in
            %%                                  | client-certificate: pki/ca.crt                                          | 'client-key' of user 'u' in
            %%                                  | as: "a\\nb"                                                             | 'as' of user 'u' in
            insecure-skip-tls-verify: true      | token: t                                                                | 'insecure-skip-tls-verify' of cluster 'c' in
            proxy-url: 'https://p'              | token: t                                                                | 'proxy-url' of cluster 'c' in
            %%                                  | exec: {command: x}                                                      | 'apiVersion' of user 'u'.exec in
            %%                                  | exec: {apiVersion: client.authentication.k8s.io/v1}                     | 'command' of user 'u'.exec in
            %%                                  | exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always} | 'interactiveMode' of user 'u'.exec in
            """)
    void whatIsNotSupportedIsRefusedByItsName(String cluster, String user, String name) throws IOException {
        write(
                "{server: 'https://x', certificate-authority: pki/ca.crt" + (cluster.isEmpty() ? "" : ", " + cluster)
                        + "}",
                "{" + user + "}");

        assertThatThrownBy(() -> read(file))
                .isInstanceOfSatisfying(
                        AccessException.class,
                        refusal -> assertThat(refusal.isPermanent()).isTrue())
                .hasMessageStartingWith(name);
    }

    /** E6: all keys that openssl makes. */
    @ParameterizedTest
    @CsvSource({
        "client-ec.crt,client-ec-pkcs8.key",
        "client-ec.crt,client-ec-sec1.key",
        "client-rsa.crt,client-rsa-pkcs8.key",
        "client-rsa.crt,client-rsa-pkcs1.key",
        "client-ed25519.crt,client-ed25519.key",
    })
    void clientKeysMayBeOfAnyFormat(String certificate, String key) throws Exception {
        Files.writeString(folder.resolve("tls.crt"), Fixtures.text(certificate));
        String data = Base64.getEncoder().encodeToString(Fixtures.text(key).getBytes(StandardCharsets.UTF_8));

        ApiAccess access = read("", "client-certificate: tls.crt, client-key-data: " + data);

        assertThat(access.tls().key()).hasValue(Fixtures.text(key).strip());
        assertThat(access.anonymous()).isEmpty();
    }

    /** E6, C2: one sentence at the start, and nothing of the key in it. */
    @Test
    void aKindOfKeyThatCannotWorkIsRefusedInOneSentence() throws Exception {
        Files.writeString(folder.resolve("tls.crt"), Fixtures.text("client-pss.crt"));
        Files.writeString(folder.resolve("tls.key"), Fixtures.text("client-pss.key"));

        assertThatThrownBy(() -> read("", "client-certificate: tls.crt, client-key: tls.key"))
                .isInstanceOfSatisfying(
                        AccessException.class,
                        refusal -> assertThat(refusal.isPermanent()).isTrue())
                .hasMessage("the client certificate and key of 'client-certificate' of user 'u' in '" + file
                        + "' cannot be used: keys are RSA, EC or EdDSA, but this certificate's is RSASSA-PSS");
    }

    /** E6, C2: a file that is written anew may not have been finished. */
    @Test
    void aKeyThatIsNotThatOfTheCertificateMayBeSoonAndIsNotTold() throws Exception {
        Files.writeString(folder.resolve("tls.crt"), Fixtures.text("client-ec.crt"));
        Files.writeString(folder.resolve("tls.key"), Fixtures.text("server-a.key"));

        assertThatThrownBy(() -> read("", "client-certificate: tls.crt, client-key: tls.key"))
                .isInstanceOfSatisfying(
                        AccessException.class,
                        refusal -> assertThat(refusal.isPermanent()).isFalse())
                .hasMessageStartingWith("the client certificate and key of 'client-certificate' of user 'u' in")
                .hasMessageNotContaining(
                        Fixtures.text("server-a.key").lines().toList().get(1));
    }

    /** C2: the line, and nothing of its text. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "users:\n- name: u\n  user: {token: \"s3cr3t-of-mine}\n",
                "token: *s3cr3t-of-mine\n",
                "a: b\ns3cr3t-of-mine\n",
                "a: !!s3cr3t-of-mine b\n",
                "a: `s3cr3t-of-mine\n"
            })
    void whatIsNoYamlIsToldByItsLineOnly(String text) throws IOException {
        Files.writeString(file, text);

        assertThatThrownBy(() -> read(file))
                .isInstanceOf(AccessException.class)
                .hasMessageStartingWith("'" + file + "' is not valid YAML: line ")
                .hasMessageNotContaining("s3cr3t");
    }

    /** As {@code touch} makes them. */
    @Test
    void anEmptyFileAmongSeveralSaysNothing() throws Exception {
        read("", "token: t");
        Path empty = Files.writeString(folder.resolve("empty"), "\n");

        assertThat(read(empty, file).server()).hasToString("https://127.0.0.1:6443");
        assertThatThrownBy(() -> read(empty, empty)).hasMessage("'" + empty + "', '" + empty + "' are empty");
    }

    /** As people write them, and kubectl takes them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\n\t\"current-context\": \"c\",\n\t\"contexts\": [{\"name\": \"c\", \"context\": {\"cluster\": \"c\"}}],"
                        + "\n\t\"clusters\": [{\"name\": \"c\", \"cluster\": {\"server\": \"https://x\"}}]\n}\n",
                CONTEXT + "clusters: [{name: c, cluster: {server: 'HTTPS://x'}}]",
                CONTEXT + "clusters: [{name: c, cluster: {server: 'https://x'}}]\n---\ncurrent-context: gone\n",
                "current-context: gone\n" + CONTEXT + "clusters: [{name: c, cluster: {server: 'https://x'}}]",
                "clusters: [{name: b, cluster: &b {server: 'https://x'}}, {name: c, cluster: {<<: *b}}]\n" + CONTEXT,
                "clusters: [{name: b, cluster: &b {server: 'https://b'}}, {name: c, cluster: {<<: [*b], server: 'https://x'}}]\n"
                        + CONTEXT,
                CONTEXT + "clusters:\n- name:\tc\n  cluster:\t\n    server\t:\t\"https://x\"\t# it\n",
                CONTEXT + "clusters: [{name: c, cluster: {server: 'https://x/?a=s3cr3t#b'}}]",
            })
    void aKubeconfigIsReadAsKubectlReadsIt(String text) throws Exception {
        Files.writeString(file, text);

        assertThat(read(file).server()).hasToString("https://x");
    }

    /** kubectl takes the first two and asks for their address. */
    @ParameterizedTest
    @CsvSource({
        "https://my_server:6443/k8s, names the host 'my_server'; it must be of letters",
        "https://api.1st, names the host 'api.1st'; it must be of letters",
        "https://me:s3cr3t@my_server, is no URL that begins with https:// or http:// and a host",
        "x:6443, is no URL that begins with https:// or http:// and a host",
        "https:///x, is no URL that begins with https:// or http:// and a host",
    })
    void aServerThatJavaCannotAskIsRefusedByItsName(String server, String what) throws Exception {
        write("{server: '" + server + "'}", "{token: t}");

        assertThatThrownBy(() -> read(file))
                .isInstanceOfSatisfying(
                        AccessException.class,
                        refusal -> assertThat(refusal.isPermanent()).isTrue())
                .hasMessageStartingWith("'server' of cluster 'c' in '" + file + "' " + what);
    }

    @ParameterizedTest
    @CsvSource({"true,true", "yes,true", "on,true", "false,false", "no,false", "'',false"})
    void aFlagIsSaidInTheWordsOfYaml11Too(String word, boolean insecure) throws Exception {
        write("{server: 'https://x', insecure-skip-tls-verify: " + word + "}", "{token: t}");

        assertThat(read(file).tls().insecure()).isEqualTo(insecure);
    }

    @Test
    void aTokenIsUsedUntilTheFileForItIsThere() throws Exception {
        assertThat(read("", "token: said, tokenFile: token, auth-provider: null")
                        .headers()
                        .get("Authorization"))
                .containsExactly("Bearer said");

        Files.writeString(folder.resolve("token"), "of-the-file");
        assertThat(read(file).headers().get("Authorization")).containsExactly("Bearer of-the-file");
    }

    /** As Go does it: one that is cut off, or another file's, does not cost the trust in the others. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "%s",
                "# ours\n\n%s\n# end",
                "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "%s-----BEGIN CERTIFICATE-----\nAAAA\n",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n%s",
            })
    void whatIsNoCertificateIsSkipped(String text) throws Exception {
        String certificate = Fixtures.text("client-rsa.crt");
        Files.writeString(folder.resolve("pki/ca.crt"), text.formatted(certificate));

        assertThat(read("", "token: t").tls().ca()).hasValue(certificate.strip());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    void anAuthorityWithoutACertificateIsNamed(String text) throws Exception {
        Files.writeString(folder.resolve("pki/ca.crt"), text);

        assertThatThrownBy(() -> read("", "token: t"))
                .isInstanceOf(AccessException.class)
                .hasMessage("'" + folder.resolve("pki/ca.crt") + "' holds no certificate in PEM");
    }

    /** D6. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '%', textBlock = """
            %%                                                                   | 'FILE' is empty
            %# nothing%                                                          | 'FILE' is empty
            just text                                                            | 'FILE' is no kubeconfig
            {}                                                                   | the kubeconfig 'FILE' has no current-context
            {current-context: gone}                                              | the kubeconfig 'FILE' has no context 'gone', which its current-context names
            {current-context: c, contexts: [{name: c, context: {cluster: k}}]}   | the kubeconfig 'FILE' has no cluster 'k', which its context 'c' names
            {current-context: c, contexts: [{name: c, context: {cluster: k}}], clusters: [{name: k, cluster: {}}]} | 'server' of cluster 'k' in 'FILE' is missing
            """)
    void whatIsMissingIsNamedWithItsFile(String text, String message) throws IOException {
        Files.writeString(file, text);

        assertThatThrownBy(() -> read(file))
                .isInstanceOf(AccessException.class)
                .hasMessage(message.replace("FILE", file.toString()));
    }

    /** D2: a kubeconfig without a user. */
    @Test
    void aUserWithoutCredentialsIsNamed() throws Exception {
        assertThat(read("", "").anonymous()).hasValue("user 'u' of '" + file + "' has none");

        Files.writeString(file, """
                current-context: c
                contexts: [{name: c, context: {cluster: c}}]
                clusters: [{name: c, cluster: {server: "https://x"}}]
                """);
        assertThat(read(file).anonymous()).hasValue("context 'c' of '" + file + "' names no user");
    }

    @Test
    void ofSeveralFilesTheFirstThatNamesSomethingCountsAndPathsBelongToTheirFile() throws Exception {
        Path other = Files.createDirectories(folder.resolve("other")).resolve("config");
        Files.writeString(other, """
                current-context: other
                contexts: [{name: c, context: {cluster: c, user: u, namespace: theirs}}]
                users: [{name: u, user: {tokenFile: token}}]
                """);
        Files.writeString(other.resolveSibling("token"), "theirs");
        Files.writeString(file, """
                current-context: c
                clusters: [{name: c, cluster: {server: "https://x"}}]
                contexts: [{name: c, context: {cluster: c, user: u, namespace: ours}}]
                """);

        ApiAccess access = read(file, other);

        assertThat(access.namespace()).hasValue("ours");
        assertThat(access.headers().get("Authorization")).containsExactly("Bearer theirs");
    }

    private ApiAccess read(String cluster, String user) throws Exception {
        write(
                "{server: 'https://127.0.0.1:6443', certificate-authority: pki/ca.crt"
                        + (cluster.isEmpty() ? "" : ", " + cluster) + "}",
                "{" + user + "}");
        return read(file);
    }

    private void write(String cluster, String user) throws IOException {
        Files.writeString(file, """
                apiVersion: v1
                kind: Config
                current-context: c
                clusters: [{name: c, cluster: %s}]
                users: [{name: u, user: %s}]
                contexts: [{name: c, context: {cluster: c, user: u, namespace: default}}]
                """.formatted(cluster, user));
    }

    private static ApiAccess read(Path... files) throws AccessException {
        return new Kubeconfig(List.of(files), Map.of(), new ExecPlugin(Ticker.system()))
                .read(false)
                .access();
    }
}
