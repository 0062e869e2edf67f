package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.FakeApiServer;
import io.github.leaderelector.testkit.JarProcess;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.Wait;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Rows C1 and C2 of the faults: a recognizable secret in each credential that can be configured, each broken in its
 * way, at the start and while the packaged sidecar runs. Then all that the process said, wrote and answered is
 * searched.
 *
 * <p>A row more is one more {@link Case}.
 */
class CanaryIT {

    private static final String CANARY = "c4n4ry7W";

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final List<String> PAGES =
            List.of("/status", "/leader", "/isLeader", "/", "/q/metrics", "/q/health", "/q/health/live");

    /** The placeholder for a port without a listener. */
    private static final String NOWHERE = "NOWHERE";

    @TempDir
    Path folder;

    /**
     * One credential and how it is broken.
     *
     * @param name for people
     * @param user the user's entry in the kubeconfig, a flow mapping; {@code FOLDER} is the folder
     * @param cluster what the cluster's entry has beside the server
     * @param settings environment variables
     * @param files what is in the folder, by name; what begins with {@code #!} is a program
     * @param running whether it is broken only when the sidecar leads; else from the start
     */
    private record Case(
            String name,
            String user,
            String cluster,
            Map<String, String> settings,
            Map<String, String> files,
            boolean running) {

        static Case user(String name, String user) {
            return new Case(name, user, "", Map.of(), Map.of(), false);
        }

        static Case setting(String name, String value) {
            return new Case(name + " " + value, "{}", "", Map.of(name, value), Map.of(), false);
        }

        Case with(String file, String content) {
            Map<String, String> more = new HashMap<>(files);
            more.put(file, content);
            return new Case(name, user, cluster, settings, more, running);
        }

        Case cluster(String more) {
            return new Case(name, user, more, settings, files, running);
        }

        Case whileRunning() {
            return new Case(name + ", while running", user, cluster, settings, files, true);
        }

        boolean isProxyVariable() {
            return settings.keySet().stream().anyMatch(setting -> setting.endsWith("_PROXY"));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> cases() {
        String exec =
                "{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: FOLDER/exec}}";
        String credential =
                "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":";
        String key = Base64.getEncoder()
                .encodeToString(("-----BEGIN PRIVATE KEY-----\n" + CANARY + "\n-----END PRIVATE KEY-----\n")
                        .getBytes(StandardCharsets.UTF_8));
        Case unclosed = Case.user("a token without its closing quote", "{token: \"" + CANARY + " of mine");
        Case bell = Case.user("a token with a control character", "{token: \"" + CANARY + "\\a" + CANARY + "\"}");
        Case refused = Case.user("a token that is refused and quoted", "{token: " + CANARY + "}");
        Case file = Case.user("a token file of two lines", "{tokenFile: FOLDER/token}")
                .with("token", CANARY + "\n" + CANARY + "\n");
        Case silent = Case.user("an exec plugin that says what it should not", exec)
                .with("exec", "#!/bin/sh\necho 'token: " + CANARY + "'\necho 'password=" + CANARY + "' >&2\nexit 1\n");
        return Stream.of(
                unclosed,
                unclosed.whileRunning(),
                Case.user("a token that is an alias", "{token: *" + CANARY + "}"),
                Case.user("a kubeconfig that is no YAML", "}} token: " + CANARY),
                bell,
                bell.whileRunning(),
                refused,
                refused.whileRunning(),
                file,
                file.whileRunning(),
                Case.user("a password that is refused", "{username: joe, password: " + CANARY + "}"),
                Case.user(
                        "a password with a line break",
                        "{username: joe, password: \"" + CANARY + "\\n" + CANARY + "\"}"),
                Case.user(
                        "a client key that is none",
                        "{client-certificate-data: " + key + ", client-key-data: " + key + "}"),
                Case.user(
                                "a client key in a file that is none",
                                "{client-certificate: FOLDER/key, client-key: FOLDER/key}")
                        .with("key", "-----BEGIN EC PRIVATE KEY-----\n" + CANARY + "\n"),
                silent,
                silent.whileRunning(),
                Case.user("an exec plugin with a token of two lines", exec)
                        .with(
                                "exec",
                                "#!/bin/sh\necho '" + credential + "{\"token\":\"" + CANARY + "\\n" + CANARY
                                        + "\"}}'\n"),
                Case.user("an exec plugin with half an answer", exec)
                        .with("exec", "#!/bin/sh\necho '" + credential + "{\"token\":\"" + CANARY + "'\n"),
                Case.user("a proxy of the kubeconfig", "{}")
                        .cluster(", proxy-url: \"http://joe:" + CANARY + "@127.0.0.1:NOWHERE\""),
                Case.setting("HTTP_PROXY", "http://joe:" + CANARY + "@127.0.0.1:NOWHERE"),
                Case.setting("HTTP_PROXY", "http://joe:" + CANARY + "@[proxy:3128"),
                Case.setting("HTTPS_PROXY", "joe:" + CANARY + "@proxy:x"),
                Case.setting("ON_LEADING_URL", "http://127.0.0.1:NOWHERE/hook?token=" + CANARY),
                Case.setting("ON_LEADING_URL", "http://joe:" + CANARY + "@localhost/hook"),
                Case.setting("ON_FOLLOWING_URL", "ftp://localhost/hook?" + CANARY),
                Case.setting("APP_HEALTH_URL", "http://127.0.0.1:NOWHERE/health?key=" + CANARY),
                Case.setting("APP_HEALTH_URL", "http://local host/health?key=" + CANARY));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noSecretIsSaidWrittenOrAnswered(Case broken) throws Exception {
        try (FakeApiServer api = new FakeApiServer()) {
            Map<String, String> settings =
                    new HashMap<>(Map.of("LEASE_DURATION", "3s", "RENEW_DEADLINE", "2s", "RETRY_PERIOD", "500ms"));
            broken.settings().forEach((name, value) -> settings.put(name, filled(value)));
            if (broken.running()) {
                kubeconfig(api, "{token: fine}", "");
            } else {
                breakIt(api, broken);
            }
            try (JarProcess sidecar = JarProcess.asInTheImage(folder, settings)) {
                sidecar.awaitServing();
                if (broken.running()) {
                    sidecar.awaitLeading(true);
                    breakIt(api, broken);
                }
                StringBuilder said = new StringBuilder();
                Wait.until(LIMIT, () -> "It noticed nothing.", () -> {
                    said.append(answers(sidecar));
                    return !sidecar.isAlive()
                            || complained(sidecar)
                            || (broken.running() && lost(sidecar))
                            || (broken.isProxyVariable() && leads(sidecar));
                });
                said.append(answers(sidecar));
                sidecar.terminate();
                var unused = sidecar.status();
                said.append(sidecar.everything());
                assertThat(said.toString()).isNotBlank();
                for (String form : List.of(
                        CANARY, base64(CANARY), base64("joe:" + CANARY), base64(":" + CANARY), base64("x" + CANARY))) {
                    // The ends of Base64 depend on what is around.
                    assertThat(said.toString()).doesNotContain(form.substring(0, Math.min(8, form.length())));
                }
                assertThat(said.toString()).doesNotContain("\u0007");
            }
        }
    }

    private static boolean complained(JarProcess sidecar) throws IOException {
        return sidecar.stdout().matches("(?s).*LE-[267]01.*|.*LE-20[2-9].*");
    }

    /** No proxy is asked for an API server on the loopback, as with curl and Go. */
    private static boolean leads(JarProcess sidecar) throws IOException {
        return sidecar.stdout().contains("LE-101 ");
    }

    /** Refused for a renew deadline, it has looked for other credentials more than once. */
    private static boolean lost(JarProcess sidecar) throws IOException {
        return sidecar.stdout().contains("LE-102 ");
    }

    private static String answers(JarProcess sidecar) {
        StringBuilder all = new StringBuilder();
        for (String page : PAGES) {
            try {
                all.append(sidecar.get(page)).append('\n');
            } catch (IOException notServing) {
                all.append('\n');
            }
        }
        return all.toString();
    }

    private void breakIt(FakeApiServer api, Case broken) throws IOException {
        for (Map.Entry<String, String> file : broken.files().entrySet()) {
            Path path = Files.writeString(folder.resolve(file.getKey()), file.getValue());
            if (file.getValue().startsWith("#!")) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
            }
        }
        kubeconfig(api, broken.user(), filled(broken.cluster()));
        if (!broken.user().equals("{}")) {
            api.answer(CanaryIT::refusal);
        }
    }

    /** As of a gateway that tells all that it was told. */
    private static FakeApiServer.Answer refusal(HttpServerRequest request) {
        return new FakeApiServer.Answer(
                401,
                "{\"kind\":\"Status\",\"code\":401,\"message\":\"Refused: Authorization: "
                        + request.getHeader("Authorization") + "\"}");
    }

    private void kubeconfig(FakeApiServer api, String user, String cluster) throws IOException {
        Files.writeString(folder.resolve("kubeconfig"), """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test, namespace: prod}}]
        clusters:
          - name: test
            cluster: {server: "%s"%s}
        users:
          - name: test
            user: %s
        """.formatted(api.url(), cluster, filled(user)));
    }

    private String filled(String text) {
        return text.replace("FOLDER", folder.toString()).replace(NOWHERE, Integer.toString(Ports.free()));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
