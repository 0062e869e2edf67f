import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes the AOT cache of the sidecar (JEP 483, 514), or on a JDK before 25 its CDS archive: runs it through a whole life
 * against a small API server of its own, so that it loads all that it will ever need.
 *
 * <pre>java -cp quarkus-run.jar Train.java CACHE JAVA [JAVA_OPTION...]</pre>
 *
 * CACHE is the file to make, {@code .aot} or {@code .jsa}. What follows is the command that starts the sidecar, without
 * the option that names the cache. The command must later be the same, and the jars unchanged, down to their times: the
 * JVM does without the cache otherwise.
 *
 * <p>The life: it starts as a follower of somebody else, leads, renews, writes the endpoints of its Service, answers over
 * HTTP, loses the lead, leads again and is stopped. It needs a JDK of version 17 or later, no network, and no library but
 * the sidecar's own.
 */
final class Train {

    private static final String NAMESPACE = "training";
    private static final String LEASE = "training";
    private static final String STRANGER = "somebody-else";
    private static final String SERVICE = "training-leader";
    private static final String POD = "trainee";
    private static final Duration LIMIT = Duration.ofSeconds(120);
    /** All that anybody asks for, and twice an error. */
    private static final List<String> PATHS = List.of(
            "/leader",
            "/",
            "/q/health/started",
            "/q/health/live",
            "/q/health/ready",
            "/q/health/group/leader",
            "/q/health",
            "/q/metrics",
            "/nothing-is-here");

    private final Path folder;
    private final Path cache;
    private final List<String> command;
    private final int port = freePort();
    private final ApiServer api;

    private Train(Path folder, Path cache, List<String> command) throws Exception {
        this.folder = folder;
        this.cache = cache;
        this.command = command;
        this.api = new ApiServer(folder);
    }

    public static void main(String... arguments) throws Exception {
        System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
        if (arguments.length < 2) {
            System.err.println("usage: java -cp quarkus-run.jar Train.java CACHE JAVA [JAVA_OPTION...]");
            System.exit(2);
        }
        Path folder = Files.createTempDirectory("training");
        Path cache = Path.of(arguments[0]).toAbsolutePath();
        new Train(folder, cache, List.of(arguments).subList(1, arguments.length)).run();
        System.exit(0);
    }

    private void run() throws Exception {
        Files.deleteIfExists(cache);
        api.hold(STRANGER);
        Process sidecar = start();
        try {
            awaitAnswer(sidecar, "\"holder\":\"" + STRANGER + "\"");
            askAll(5);
            // It names itself the successor within half a second; the check of permissions comes after one.
            TimeUnit.SECONDS.sleep(2);
            api.hold("");
            awaitAnswer(sidecar, "\"leader\":true");
            askAll(20);
            // Some renewals.
            TimeUnit.SECONDS.sleep(3);
            api.hold(STRANGER);
            awaitAnswer(sidecar, "\"leader\":false");
            askAll(5);
            api.hold("");
            awaitAnswer(sidecar, "\"leader\":true");
            askAll(5);
            sidecar.destroy();
            // The JVM makes the cache when it ends.
            if (!sidecar.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS) || sidecar.exitValue() != 0) {
                throw failed("did not end with status 0");
            }
            if (!Files.exists(cache)) {
                throw failed("left no cache behind");
            }
            System.out.printf("%s: %d MB, after %d requests to the API server%n",
                    cache, Files.size(cache) >> 20, api.requests);
        } finally {
            sidecar.destroyForcibly();
        }
    }

    private Process start() throws IOException {
        List<String> all = new ArrayList<>(command);
        all.add(1, (cache.toString().endsWith(".jsa") ? "-XX:ArchiveClassesAtExit=" : "-XX:AOTCacheOutput=") + cache);
        ProcessBuilder builder = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().keySet().retainAll(List.of("PATH", "HOME"));
        builder.environment().putAll(Map.ofEntries(
                Map.entry("LEASE_NAME", LEASE),
                Map.entry("NAMESPACE", NAMESPACE),
                Map.entry("IDENTITY", POD),
                Map.entry("POD_NAME", POD),
                Map.entry("LEADER_SERVICE", SERVICE),
                // Renewals come soon, but a busy builder may take long for each.
                Map.entry("LEASE_DURATION", "15s"),
                Map.entry("RENEW_DEADLINE", "10s"),
                Map.entry("RETRY_PERIOD", "1s"),
                Map.entry("LEADER_FILE", folder.resolve("leader_status").toString()),
                Map.entry("HTTP_PORT", String.valueOf(port)),
                // As in a pod: a service account, no kubeconfig.
                Map.entry("KUBERNETES_SERVICE_HOST", "127.0.0.1"),
                Map.entry("KUBERNETES_SERVICE_PORT", String.valueOf(api.port())),
                Map.entry("KUBERNETES_CERTS_CA_FILE", api.certificate.toString()),
                Map.entry("KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN",
                        Files.writeString(folder.resolve("token"), "token").toString()),
                Map.entry("KUBERNETES_AUTH_TRYKUBECONFIG", "false")));
        return builder.start();
    }

    private void askAll(int times) throws IOException {
        for (int i = 0; i < times; i++) {
            for (String path : PATHS) {
                get(path);
            }
        }
    }

    private void awaitAnswer(Process sidecar, String part) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                if (get("/leader").contains(part)) {
                    return;
                }
            } catch (IOException notYet) {
                // It starts.
            }
            if (!sidecar.isAlive() || System.nanoTime() - end > 0) {
                throw failed("never answered " + part);
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private String get(String path) throws IOException {
        HttpURLConnection connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setReadTimeout(5_000);
        InputStream body = connection.getResponseCode() < 400 ? connection.getInputStream() : connection.getErrorStream();
        return body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }

    private IllegalStateException failed(String what) throws IOException {
        return new IllegalStateException("The sidecar " + what + "; it said\n"
                + Files.readString(folder.resolve("log")));
    }

    private static int freePort() throws IOException {
        try (ServerSocket any = new ServerSocket(0)) {
            return any.getLocalPort();
        }
    }

    /**
     * As much of an API server as the sidecar needs, by HTTP/2 over TLS: one Lease and its watch; a Service, its
     * EndpointSlice, which nobody else changes, and a pod.
     */
    private static final class ApiServer {

        private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"\\d+\"");
        private static final Pattern HOLDER = Pattern.compile("\"holderIdentity\":\"[^\"]*\"");
        private static final Pattern DURATION = Pattern.compile("\"leaseDurationSeconds\":\\d+");

        /** All of it happens on one event loop. */
        private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));

        private final HttpServer server;
        private final Path certificate;
        private final List<HttpServerResponse> watches = new ArrayList<>();
        private long version = 100;
        private String lease = "";
        private String slice = "";
        private volatile int requests;

        ApiServer(Path folder) throws Exception {
            Path keys = folder.resolve("keys.p12");
            certificate = folder.resolve("ca.crt");
            String store = " -keystore " + keys + " -storepass training -alias training ";
            keytool("-genkeypair -keyalg RSA -dname CN=training -ext san=ip:127.0.0.1 -validity 1" + store);
            keytool("-exportcert -rfc -file " + certificate + store);
            HttpServerOptions options = new HttpServerOptions()
                    .setSsl(true)
                    .setUseAlpn(true)
                    .setKeyCertOptions(new PfxOptions().setPath(keys.toString()).setPassword("training"));
            server = vertx.createHttpServer(options)
                    .requestHandler(request -> request.body().onSuccess(body -> serve(request, body.toString())))
                    .listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
        }

        private static void keytool(String arguments) throws Exception {
            List<String> command = new ArrayList<>();
            command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
            command.addAll(Arrays.asList(arguments.trim().split(" +")));
            Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (keytool.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        }

        int port() {
            return server.actualPort();
        }

        /** Writes {@code holder} into the Lease, as somebody else; empty for a release, as client-go makes it. */
        void hold(String holder) {
            CompletableFuture<Void> held = new CompletableFuture<>();
            vertx.runOnContext(loop -> {
                write(holder);
                held.complete(null);
            });
            held.join();
        }

        private void write(String holder) {
            boolean fresh = lease.isEmpty();
            if (fresh) {
                lease = ("{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'" + LEASE
                                + "','namespace':'" + NAMESPACE + "','uid':'1','resourceVersion':'1'},'spec':{"
                                + "'holderIdentity':'','leaseDurationSeconds':3,'leaseTransitions':1,"
                                + "'acquireTime':'2026-01-01T00:00:00.000000Z',"
                                + "'renewTime':'2026-01-01T00:00:00.000000Z'}}")
                        .replace('\'', '"');
            }
            String held = HOLDER.matcher(lease).replaceFirst("\"holderIdentity\":\"" + holder + "\"");
            String seconds = "\"leaseDurationSeconds\":" + (holder.isEmpty() ? 1 : 3);
            store(DURATION.matcher(held).replaceFirst(seconds), fresh);
        }

        private String store(String body, boolean fresh) {
            version++;
            Matcher known = VERSION.matcher(body);
            lease = known.replaceFirst("\"resourceVersion\":\"" + version + "\"");
            String event = "{\"type\":\"" + (fresh ? "ADDED" : "MODIFIED") + "\",\"object\":" + lease + "}\n";
            List.copyOf(watches).forEach(watch -> watch.write(event));
            return lease;
        }

        private void serve(HttpServerRequest request, String body) {
            requests++;
            if (request.uri().contains("watch=true")) {
                watch(request);
            } else {
                answer(request.response(), request.method() + " " + request.uri(), body);
            }
        }

        private void watch(HttpServerRequest request) {
            HttpServerResponse watch = request.response();
            watch.setChunked(true).exceptionHandler(gone -> watches.remove(watch));
            watch.closeHandler(gone -> watches.remove(watch));
            if (request.uri().contains("/leases")) {
                watches.add(watch);
                watch.write("{\"type\":\"ADDED\",\"object\":" + lease + "}\n");
            } else {
                // The status, and nothing more.
                watch.write("");
            }
        }

        private String slices() {
            return "{\"kind\":\"EndpointSliceList\",\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"items\":[" + slice
                    + "]}";
        }

        private String storeSlice(String body) {
            version++;
            slice = (VERSION.matcher(body).find() ? body : body.replaceFirst("\"metadata\":\\{", "$0\"resourceVersion\":\"0\","));
            slice = VERSION.matcher(slice).replaceFirst("\"resourceVersion\":\"" + version + "\"");
            return slice;
        }

        private void answer(HttpServerResponse response, String request, String body) {
            boolean ofLease = request.contains("/leases");
            String answer = body;
            int status = 200;
            if (request.startsWith("POST") && request.contains("/selfsubjectaccessreviews")) {
                status = 201;
                answer = body.replaceFirst("}$", ",\"status\":{\"allowed\":true}}");
            } else if (ofLease && request.startsWith("GET")) {
                answer = lease;
            } else if (ofLease) {
                answer = store(body, false);
            } else if (request.contains("/endpointslices")) {
                status = request.startsWith("POST") ? 201 : status;
                answer = request.startsWith("GET") ? slices() : storeSlice(body);
            } else if (request.contains("/services/")) {
                answer = ("{'apiVersion':'v1','kind':'Service','metadata':{'name':'" + SERVICE
                                + "','uid':'2','labels':{'app':'training'}},'spec':{'clusterIP':'127.0.0.2','ipFamilies':['IPv4'],"
                                + "'ports':[{'name':'http','port':80,'protocol':'TCP','targetPort':'http'}]}}")
                        .replace('\'', '"');
            } else if (request.startsWith("GET") && request.contains("/pods/")) {
                answer = ("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" + POD + "','namespace':'" + NAMESPACE
                                + "','uid':'3'},'spec':{'nodeName':'here','containers':[{'name':'app','ports':"
                                + "[{'name':'http','containerPort':8080,'protocol':'TCP'}]}]},"
                                + "'status':{'podIPs':[{'ip':'127.0.0.3'}]}}")
                        .replace('\'', '"');
            } else if (request.startsWith("POST")) {
                status = 201;
            }
            response.setStatusCode(status).putHeader("Content-Type", "application/json").end(answer);
        }
    }
}
