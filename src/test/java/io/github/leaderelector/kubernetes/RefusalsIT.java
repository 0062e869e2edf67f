package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.github.leaderelector.kubernetes.RecordedAnswers.Exchange;
import io.github.leaderelector.testkit.Ports;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Whether a real kube-apiserver still answers as recorded. {@code -Drefusals=record} records anew instead.
 *
 * <p>Each case has a namespace of its own, which bears the name of the case.
 */
class RefusalsIT {

    private static final int MOST_TRIES = 5;
    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final String SIDECAR = "sidecar";

    private final Map<String, Exchange> cases = new LinkedHashMap<>();
    private final Semaphore hookIsSilent = new Semaphore(0);

    @Test
    void theApiServerAnswersAsRecorded() throws Exception {
        Optional<String> missing = RealApiServer.binariesMissing();
        missing.ifPresent(why -> System.out.println("RefusalsIT is skipped: " + why));
        Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        String version;
        try (RealApiServer server = RealApiServer.start(
                Path.of("target", "refusals"),
                List.of(SIDECAR, "stranger", "orphan"),
                "--enable-priority-and-fairness=false",
                "--max-mutating-requests-inflight=1")) {
            version = server.admin().getKubernetesVersion().getGitVersion();
            new OnServer(server).askAll();
        }
        try (RealApiServer server = RealApiServer.start(
                Path.of("target", "refusals-2"),
                List.of(SIDECAR),
                "--runtime-config=coordination.k8s.io/v1=false",
                "--anonymous-auth=false")) {
            OnServer other = new OnServer(server);
            other.namespace("prod");
            other.keep("no such API version", other.get("prod", SIDECAR));
            other.keep("nobody may ask without credentials", other.get("prod", ""));
        }
        try (RealApiServer server =
                RealApiServer.start(Path.of("target", "refusals-3"), List.of(SIDECAR), "--request-timeout=9s")) {
            new OnServer(server).withoutEtcd();
        }

        if ("record".equals(System.getProperty("refusals"))) {
            RecordedAnswers.write(version, cases);
            return;
        }
        assertThat(essences(cases)).containsExactlyEntriesOf(essences(RecordedAnswers.read()));
    }

    private static Map<String, String> essences(Map<String, Exchange> exchanges) {
        Map<String, String> essences = new LinkedHashMap<>();
        exchanges.forEach((name, exchange) -> essences.put(name, exchange.essence()));
        return essences;
    }

    private final class OnServer {

        private final RealApiServer server;
        private final HttpClient http;

        OnServer(RealApiServer server) {
            this.server = server;
            // By HTTP/2 it resets the stream instead of answering, when its time limit ends.
            this.http = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .sslContext(server.tls())
                    .build();
            apply("""
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "leases"},
             "rules": [{"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["*"]}]}""");
            apply("""
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "leases"},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "leases"},
             "subjects": [{"kind": "User", "name": "sidecar"}]}""");
        }

        void askAll() throws Exception {
            namespace("prod");
            awaitRole();
            keep("no such Lease", get("prod", SIDECAR));
            permissions();
            credentials();
            places();
            admission();
            contents();
        }

        private void awaitRole() {
            Wait.until(
                    LIMIT,
                    () -> "The sidecar's role is not in force.",
                    () -> get("prod", SIDECAR).answer().status() == 404);
        }

        /** etcd gives up after 7 s, the API server after the time limit that it was started with. */
        void withoutEtcd() {
            namespace("prod");
            awaitRole();
            String created = post("prod", SIDECAR).answer().json().toString();
            String changed = created.replace("{}", "{\"holderIdentity\":\"pod-a\"}");
            server.loseQuorum();
            askWithout("etcd has no quorum", changed);
            server.killEtcd();
            askWithout("etcd does not run", changed);
        }

        private void askWithout(String name, String changed) {
            CompletableFuture<Exchange> read =
                    CompletableFuture.supplyAsync(() -> answered(() -> get("prod", SIDECAR)));
            CompletableFuture<Exchange> write =
                    CompletableFuture.supplyAsync(() -> answered(() -> put(leases("prod") + "/app-lock", changed)));
            keep(name + ", create", answered(() -> post("prod", SIDECAR)));
            keep(name + ", read", read.join());
            keep(name + ", write", write.join());
        }

        /** At the time limit, the API server closes the connection now and then instead of answering. */
        private static Exchange answered(Supplier<Exchange> request) {
            for (int tries = 1; ; tries++) {
                try {
                    return request.get();
                } catch (UncheckedIOException closed) {
                    if (tries == MOST_TRIES) {
                        throw closed;
                    }
                }
            }
        }

        private void permissions() {
            keep("RBAC, nothing is granted", get("prod", "stranger"));
            apply("""
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
             "metadata": {"name": "orphan", "namespace": "prod"},
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "gone"},
             "subjects": [{"kind": "User", "name": "orphan"}]}""");
            Wait.until(
                    LIMIT,
                    () -> "The binding is not in force.",
                    () -> get("prod", "orphan").answer().body().contains("gone"));
            keep("RBAC, the Role is gone", get("prod", "orphan"));
        }

        private void credentials() {
            keep("no credentials", get("prod", ""));
            keep("a token that nobody knows", ask("GET", leases("prod") + "/app-lock", "nonsense", ""));
            ServiceAccount account = server.admin()
                    .resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withName("app")
                            .withNamespace("prod")
                            .endMetadata()
                            .build())
                    .create();
            Instant now = Instant.now();
            // The token is right in all but its time.
            assertThat(ask("GET", leases("prod") + "/app-lock", server.token(account, now.plusSeconds(60)), "")
                            .answer()
                            .body())
                    .contains("system:serviceaccount:prod:app");
            keep(
                    "a token that has expired",
                    ask("GET", leases("prod") + "/app-lock", server.token(account, now.minusSeconds(60)), ""));
        }

        private void places() throws Exception {
            keep("no such namespace", post("nowhere", SIDECAR));
            server.admin()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName("terminating")
                            .endMetadata()
                            .build())
                    .create();
            // Without a controller manager it stays so.
            server.admin().namespaces().withName("terminating").delete();
            keep("the namespace is being deleted", untilRefused("terminating"));
            String wrong = "/k8s" + leases("prod") + "/app-lock";
            keep("a wrong path", ask("GET", wrong, server.token(RealApiServer.ADMIN), ""));
            keep("a wrong path that RBAC denies", ask("GET", wrong, server.token(SIDECAR), ""));
            HttpResponse<String> plain = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            keep("http instead of https", exchange("GET /", plain));
        }

        private void admission() throws Exception {
            quotas();
            policy("policy", "");
            policy("policy-forbids", "\"reason\": \"Forbidden\", ");
            HttpsServer hook = hook();
            try {
                int port = hook.getAddress().getPort();
                webhook("webhook", port, "/deny");
                keep("a webhook denies", untilRefused("webhook"));
                webhook("webhook-forbids", port, "/forbid");
                keep("a webhook denies with 403", untilRefused("webhook-forbids"));
                webhook("webhook-silent", port, "/silent");
                keep("a webhook does not answer", untilRefused("webhook-silent"));
                hookIsSilent.drainPermits();
                CompletableFuture<Exchange> first =
                        CompletableFuture.supplyAsync(() -> post("webhook-silent", SIDECAR));
                hookIsSilent.acquire();
                keep("too many requests at a time", post("prod", SIDECAR));
                first.join();
            } finally {
                hook.stop(0);
            }
            webhook("webhook-gone", Ports.free(), "/");
            keep("a webhook cannot be reached", untilRefused("webhook-gone"));
        }

        private void quotas() {
            namespace("quota");
            String quota = """
            {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none", "namespace": "quota"},
             "spec": {"hard": {"count/leases.coordination.k8s.io": "0"}},
             "status": {"hard": {"count/leases.coordination.k8s.io": "0"},
                        "used": {"count/leases.coordination.k8s.io": "0"}}}""";
            apply(quota);
            // The controller manager would write the status; it does not run.
            server.admin().resource(quota).updateStatus();
            keep("a quota of none", untilRefused("quota"));
        }

        private void policy(String name, String reason) {
            namespace(name);
            apply("""
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
             "metadata": {"name": "%s"}, "spec": {
               "matchConstraints": {"resourceRules": [{"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"],
                   "operations": ["CREATE"], "resources": ["leases"]}]},
               "validations": [{%s"expression": "false", "message": "no leases here"}]}}""".formatted(name, reason));
            apply("""
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
             "metadata": {"name": "%1$s"}, "spec": {"policyName": "%1$s", "validationActions": ["Deny"],
               "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "%1$s"}}}}}""".formatted(name));
            keep("a " + name.replace('-', ' '), untilRefused(name));
        }

        private void webhook(String name, int port, String path) throws IOException {
            namespace(name);
            String authority = Base64.getEncoder().encodeToString(Files.readAllBytes(server.certificateFile()));
            apply("""
            {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
             "metadata": {"name": "%1$s"}, "webhooks": [{"name": "%1$s.example.com", "sideEffects": "None",
               "admissionReviewVersions": ["v1"], "timeoutSeconds": 2, "failurePolicy": "Fail",
               "clientConfig": {"url": "https://127.0.0.1:%2$d%3$s", "caBundle": "%4$s"},
               "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "%1$s"}},
               "rules": [{"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"], "operations": ["CREATE"],
                   "resources": ["leases"]}]}]}""".formatted(name, port, path, authority));
        }

        private HttpsServer hook() throws IOException {
            HttpsServer hook = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            hook.setHttpsConfigurator(new HttpsConfigurator(server.tls()));
            hook.createContext("/deny", asked -> answer(asked, ""));
            hook.createContext("/forbid", asked -> answer(asked, ", \"code\": 403"));
            // An exchange that is not closed stays unanswered.
            hook.createContext("/silent", asked -> hookIsSilent.release());
            hook.start();
            return hook;
        }

        private static void answer(HttpExchange asked, String code) throws IOException {
            try (asked) {
                String review = new String(asked.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                String uid = review.replaceFirst("(?s).*?\"uid\":\"([^\"]+)\".*", "$1");
                byte[] body = """
                {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                 "response": {"uid": "%s", "allowed": false, "status": {"message": "no leases here"%s}}}""".formatted(uid, code).getBytes(StandardCharsets.UTF_8);
                asked.getResponseHeaders().add("Content-Type", "application/json");
                asked.sendResponseHeaders(200, body.length);
                asked.getResponseBody().write(body);
            }
        }

        private void contents() {
            String lease = leases("prod") + "/app-lock";
            String created = post("prod", SIDECAR).answer().json().toString();
            keep("the Lease is there already", post("prod", SIDECAR));
            keep("a conflict", put(lease, created.replaceFirst("(\"resourceVersion\":\")\\d+", "$11")));
            keep("another uid", put(lease, created.replaceFirst("(\"uid\":\")[^\"]+", "$1other")));
            keep("a duration of nothing", put(lease, created.replace("{}", "{\"leaseDurationSeconds\":0}")));
            keep("not JSON", put(lease, "{"));
        }

        private Exchange put(String lease, String body) {
            return ask("PUT", lease, server.token(SIDECAR), body);
        }

        private Exchange get(String namespace, String user) {
            return ask("GET", leases(namespace) + "/app-lock", user.isEmpty() ? "" : server.token(user), "");
        }

        private Exchange post(String namespace, String user) {
            return ask("POST", leases(namespace), server.token(user), """
            {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "app-lock"}, "spec": {}}""");
        }

        /** What comes into force in the API server a little later is waited for. */
        private Exchange untilRefused(String namespace) {
            AtomicReference<Exchange> last = new AtomicReference<>();
            Wait.until(LIMIT, () -> "A Lease can be created in " + namespace + ": " + last.get(), () -> {
                Exchange exchange = post(namespace, SIDECAR);
                last.set(exchange);
                if (exchange.answer().successful()) {
                    server.admin()
                            .leases()
                            .inNamespace(namespace)
                            .withName("app-lock")
                            .delete();
                }
                return !exchange.answer().successful();
            });
            return last.get();
        }

        private Exchange ask(String method, String path, String token, String body) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + path))
                    .timeout(LIMIT)
                    .header("Accept", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(body));
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            if (!body.isEmpty()) {
                request.header("Content-Type", "application/json");
            }
            try {
                return exchange(method + " " + path, http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            } catch (InterruptedException stopping) {
                throw new IllegalStateException(stopping);
            }
        }

        private void namespace(String name) {
            server.createNamespace(name);
        }

        private void apply(String json) {
            server.admin().resource(json).create();
        }

        private void keep(String name, Exchange exchange) {
            assertThat(exchange.answer().successful())
                    .as("%s: %s", name, exchange)
                    .isFalse();
            assertThat(cases.put(name, exchange)).as(name).isNull();
        }
    }

    private static String leases(String namespace) {
        return "/apis/coordination.k8s.io/v1/namespaces/" + namespace + "/leases";
    }

    private static Exchange exchange(String request, HttpResponse<String> response) {
        Map<String, String> headers = new LinkedHashMap<>();
        response.headers().map().forEach((name, values) -> headers.put(name, values.get(0)));
        return Exchange.of(request, response.statusCode(), headers, response.body());
    }
}
