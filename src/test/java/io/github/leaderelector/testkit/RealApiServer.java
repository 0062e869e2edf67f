package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A real etcd and kube-apiserver as processes of the test, from the programs that {@code kube-api-test} keeps in
 * {@code ~/.kubeapitest}.
 *
 * <p>kube-api-test itself cannot stop the API server and start it again on the same data and port, nor give users
 * tokens. RBAC is on; the users are those named at the start, each with a token, and {@link #ADMIN}. Everything they do
 * with leases, pods, services, endpointslices and events is in the {@link #audit}. Not safe for use by many threads.
 */
public final class RealApiServer implements AutoCloseable {

    /** The user who may do everything. */
    public static final String ADMIN = "admin";

    /**
     * The users of the {@link #shared} server beside {@link #ADMIN}; they may do nothing until {@link Rbac} grants it.
     */
    public static final List<String> USERS = List.of("pod-a", "pod-b", "pod-c");

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Path folder;
    private final Path programs;
    private final List<String> moreFlags;
    private final ServerCertificate certificate;
    private final int port = Ports.free();
    private final int etcdPort = Ports.free();
    private final AuditLog audit;
    private final HttpClient http;
    private final KubernetesClient admin;
    private final Thread endWithTheJvm = new Thread(this::endProcesses, "end-api-server");
    private @Nullable Process etcd;
    private @Nullable Process apiServer;

    private RealApiServer(Path folder, Path programs, List<String> moreFlags) {
        this.folder = folder;
        this.moreFlags = moreFlags;
        this.programs = programs;
        this.certificate = ServerCertificate.create(folder);
        this.audit = new AuditLog(folder.resolve("audit.log"));
        this.admin = client(ADMIN);
        this.http = HttpClient.newBuilder().sslContext(certificate.context()).build();
    }

    /**
     * Starts both programs; returns when the API server is ready, after about five seconds.
     *
     * @param folder where certificates, data and logs go; emptied before
     * @param users who gets a token, see {@link #token}
     * @param flags further ones of kube-apiserver
     */
    public static RealApiServer start(Path folder, List<String> users, String... flags) {
        Path programs = programs()
                .orElseThrow(() -> new IllegalStateException(binariesMissing().orElse("No programs.")));
        try {
            deleteTree(folder);
            Files.createDirectories(folder);
            RealApiServer server = new RealApiServer(folder, programs, List.of(flags));
            server.writeConfiguration(users);
            Runtime.getRuntime().addShutdownHook(server.endWithTheJvm);
            server.startEtcd();
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Why tests with this server cannot run here, one sentence; empty when they can. */
    public static Optional<String> binariesMissing() {
        return programs().isPresent()
                ? Optional.empty()
                : Optional.of("No folder with the programs etcd and kube-apiserver in "
                        + programsRoot()
                        + "; run a test of kube-api-test once with a network, or set KUBE_API_TEST_DIR.");
    }

    /**
     * The server of this JVM, for all classes whose namespaces are enough to keep them apart: started when first asked
     * for, ended with the JVM, and not to be closed or stopped. Services may have addresses of both families.
     *
     * @see #USERS
     * @throws java.util.concurrent.CompletionException if it does not start; each time, with the cause
     */
    public static RealApiServer shared() {
        return Shared.SERVER.join();
    }

    private static final class Shared {

        static final CompletableFuture<RealApiServer> SERVER =
                CompletableFuture.supplyAsync(Shared::start, Runnable::run);

        private static RealApiServer start() {
            return RealApiServer.start(
                    Path.of("target", "api-server-" + Fork.number()),
                    USERS,
                    "--service-cluster-ip-range=10.0.0.0/24,fd00:10::/112");
        }
    }

    private static Path programsRoot() {
        String set = System.getenv("KUBE_API_TEST_DIR");
        Path home = set == null ? Path.of(System.getProperty("user.home"), ".kubeapitest") : Path.of(set);
        return home.resolve("k8s");
    }

    /** The program {@code name} that lies beside the API server. */
    static Optional<Path> program(String name) {
        return programs().map(folder -> folder.resolve(name)).filter(Files::isExecutable);
    }

    private static Optional<Path> programs() {
        try (Stream<Path> versions = Files.list(programsRoot())) {
            return versions.filter(v -> Files.isExecutable(v.resolve("etcd")))
                    .filter(v -> Files.isExecutable(v.resolve("kube-apiserver")))
                    .max(Comparator.comparing(RealApiServer::versionOf));
        } catch (IOException none) {
            return Optional.empty();
        }
    }

    // 1.9.0 is older than 1.37.2: numbers are compared as numbers of equal length.
    private static String versionOf(Path folder) {
        StringBuilder key = new StringBuilder();
        for (String part : String.valueOf(folder.getFileName()).split("[.-]", -1)) {
            key.append("%8s".formatted(part));
        }
        return key.toString();
    }

    private void writeConfiguration(List<String> users) throws IOException {
        StringBuilder tokens = new StringBuilder(token(ADMIN) + "," + ADMIN + "," + ADMIN + ",\"system:masters\"\n");
        users.forEach(u -> tokens.append(token(u))
                .append(',')
                .append(u)
                .append(',')
                .append(u)
                .append('\n'));
        Files.writeString(folder.resolve("tokens.csv"), tokens);
        Files.writeString(folder.resolve("audit-policy.yaml"), """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
          - level: None
            userGroups: [system:masters, system:unauthenticated]
          - level: Metadata
            resources:
              - group: coordination.k8s.io
                resources: [leases]
              - group: ""
                resources: [pods, services, events]
              - group: discovery.k8s.io
                resources: [endpointslices]
              - group: events.k8s.io
                resources: [events]
              - group: authorization.k8s.io
          - level: None
        """);
    }

    private void startEtcd() throws IOException {
        String client = "http://127.0.0.1:" + etcdPort;
        String peer = "http://127.0.0.1:" + Ports.free();
        etcd = launch(
                "etcd",
                List.of(
                        "--data-dir=" + folder.resolve("etcd"),
                        "--listen-client-urls=" + client,
                        "--advertise-client-urls=" + client,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=default=" + peer,
                        "--unsafe-no-fsync",
                        "--log-level=warn"));
    }

    /** Starts the API server on the data and port it had; returns when it is ready. */
    public void start() {
        List<String> flags = new ArrayList<>();
        flags.add("--etcd-servers=http://127.0.0.1:" + etcdPort);
        flags.add("--bind-address=127.0.0.1");
        flags.add("--advertise-address=127.0.0.1");
        flags.add("--secure-port=" + port);
        flags.add("--tls-cert-file=" + certificate.certificate());
        flags.add("--tls-private-key-file=" + certificate.privateKey());
        flags.add("--token-auth-file=" + folder.resolve("tokens.csv"));
        flags.add("--authorization-mode=RBAC");
        flags.add("--service-account-issuer=https://localhost");
        flags.add("--service-account-signing-key-file=" + certificate.privateKey());
        flags.add("--service-account-key-file=" + certificate.certificate());
        flags.add("--service-cluster-ip-range=10.0.0.0/24");
        // Without a controller manager no namespace has the service account that pods would need.
        flags.add("--disable-admission-plugins=ServiceAccount");
        flags.add("--endpoint-reconciler-type=none");
        flags.add("--audit-log-path=" + folder.resolve("audit.log"));
        flags.add("--audit-policy-file=" + folder.resolve("audit-policy.yaml"));
        flags.addAll(moreFlags);
        apiServer = launch("kube-apiserver", flags);
        awaitReady();
    }

    /** Stops the API server as a rollout would; etcd and its data stay. */
    public void stop() {
        end(apiServer, false);
        apiServer = null;
    }

    /** Stops the API server with SIGKILL; etcd and its data stay. */
    public void kill() {
        end(apiServer, true);
        apiServer = null;
    }

    /** From now on etcd has no quorum: it gets a second member that never runs. */
    public void loseQuorum() {
        HttpRequest addMember = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + etcdPort + "/v3/cluster/member/add"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"peerURLs\":[\"http://127.0.0.1:" + Ports.free() + "\"]}"))
                .build();
        try {
            HttpResponse<String> answer = http.send(addMember, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("etcd takes no second member: " + answer.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Stops etcd with SIGKILL; the API server stays. */
    public void killEtcd() {
        end(etcd, true);
        etcd = null;
    }

    private Process launch(String program, List<String> flags) {
        List<String> command = new ArrayList<>();
        command.add(programs.resolve(program).toString());
        command.addAll(flags);
        try {
            return new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(
                            ProcessBuilder.Redirect.appendTo(log(program).toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path log(String program) {
        return folder.resolve(program + ".log");
    }

    private void awaitReady() {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url() + "/readyz"))
                .header("Authorization", "Bearer " + token(ADMIN))
                .timeout(Duration.ofSeconds(2))
                .build();
        Wait.until(
                START_LIMIT,
                () -> "kube-apiserver is not ready after " + START_LIMIT + "; its log ends with\n" + tail(),
                () -> {
                    if (apiServer == null || !apiServer.isAlive()) {
                        throw new IllegalStateException("kube-apiserver ended; its log ends with\n" + tail());
                    }
                    try {
                        return http.send(request, HttpResponse.BodyHandlers.discarding())
                                        .statusCode()
                                == 200;
                    } catch (IOException notYet) {
                        return false;
                    }
                });
    }

    private String tail() {
        try {
            List<String> lines = Files.readAllLines(log("kube-apiserver"));
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return "(" + e.getMessage() + ")";
        }
    }

    /** The TCP port, the same after every start. */
    public int port() {
        return port;
    }

    /** The address that clients use when they go past all proxies. */
    public String url() {
        return "https://127.0.0.1:" + port;
    }

    /** The cost of the current process of the API server. */
    public ProcessCost cost() {
        return cost(apiServer);
    }

    /** The cost of etcd. */
    public ProcessCost etcdCost() {
        return cost(etcd);
    }

    private static ProcessCost cost(@Nullable Process process) {
        if (process == null) {
            throw new IllegalStateException("It does not run.");
        }
        return ProcessCost.of(process.pid());
    }

    /** The token by which {@code user} is known. */
    public String token(String user) {
        return "token-of-" + user;
    }

    /** A token of {@code account} as pods have one, which ends at {@code expires}. */
    public String token(ServiceAccount account, Instant expires) {
        return certificate.sign("""
        {"iss": "https://localhost", "aud": ["https://localhost"], "iat": 0, "nbf": 0, "exp": %d,
         "sub": "system:serviceaccount:%2$s:%3$s",
         "kubernetes.io": {"namespace": "%2$s", "serviceaccount": {"name": "%3$s", "uid": "%4$s"}}}""".formatted(
                        expires.getEpochSecond(),
                        account.getMetadata().getNamespace(),
                        account.getMetadata().getName(),
                        account.getMetadata().getUid()));
    }

    /**
     * Writes {@code file}, by which programs such as kubectl talk to it as {@code user}, past all proxies.
     *
     * @return {@code file}
     */
    public Path kubeconfig(Path file, String user) {
        return Kubeconfigs.write(file, this, port, user);
    }

    /** The requests of the users. */
    public AuditLog audit() {
        return audit;
    }

    /** The file of its certificate, by which clients know it. */
    public Path certificateFile() {
        return certificate.certificate().toAbsolutePath();
    }

    /** Shows its certificate, and trusts it. */
    public SSLContext tls() {
        return certificate.context();
    }

    ServerCertificate certificate() {
        return certificate;
    }

    /** A client for the test itself, which may do everything and goes past all proxies. */
    public KubernetesClient admin() {
        return admin;
    }

    private KubernetesClient client(String user) {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withCaCertFile(certificate.certificate().toString())
                .withOauthToken(token(user))
                .withAutoConfigure(false)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** Makes the namespace {@code name}. */
    public void createNamespace(String name) {
        admin.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }

    /** Ends both programs. The data and logs stay for who wants to read them. */
    @Override
    public void close() {
        admin.close();
        endProcesses();
        Runtime.getRuntime().removeShutdownHook(endWithTheJvm);
    }

    private void endProcesses() {
        end(apiServer, true);
        end(etcd, true);
    }

    private static void end(@Nullable Process process, boolean forcibly) {
        if (process == null) {
            return;
        }
        try {
            if (forcibly) {
                process.destroyForcibly();
            } else {
                process.destroy();
            }
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
