import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * Makes the AOT cache of the sidecar (JEP 483, 514), or on a JDK before 25 its CDS archive: runs it through a whole life
 * against a small API server of its own, so that it loads all that it will ever need.
 *
 * <pre>java Train.java CACHE JAVA [JAVA_OPTION...]</pre>
 *
 * CACHE is the file to make, {@code .aot} or {@code .jsa}. What follows is the command that starts the sidecar, without
 * the option that names the cache. The command must later be the same, and the jars unchanged, down to their times: the
 * JVM does without the cache otherwise.
 *
 * <p>The life: it starts as a follower of somebody else, leads, renews, writes the endpoints of its Service, answers over
 * HTTP, loses the lead, leads again and is stopped. It needs a JDK of version 17 or later, no network and no library.
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
        if (arguments.length < 2) {
            System.err.println("usage: java Train.java CACHE JAVA [JAVA_OPTION...]");
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
     * As much of an API server as the sidecar needs, by HTTP/1.1 over TLS: one Lease, watched by WebSocket; a Service, its
     * EndpointSlice, which nobody else changes, and a pod.
     */
    private static final class ApiServer {

        private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"\\d+\"");
        private static final Pattern HOLDER = Pattern.compile("\"holderIdentity\":\"[^\"]*\"");

        private final ServerSocket server;
        private final Path certificate;
        private final List<OutputStream> watches = new CopyOnWriteArrayList<>();
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
            KeyStore keyStore = KeyStore.getInstance(keys.toFile(), "training".toCharArray());
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
            keyManagers.init(keyStore, "training".toCharArray());
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keyManagers.getKeyManagers(), null, null);
            server = tls.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
            thread(this::accept);
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
            return server.getLocalPort();
        }

        /** Writes {@code holder} into the Lease, as somebody else; empty for a release. */
        synchronized void hold(String holder) {
            boolean fresh = lease.isEmpty();
            if (fresh) {
                lease = ("{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'" + LEASE
                                + "','namespace':'" + NAMESPACE + "','uid':'1','resourceVersion':'1'},'spec':{"
                                + "'holderIdentity':'','leaseDurationSeconds':3,'leaseTransitions':1,"
                                + "'acquireTime':'2026-01-01T00:00:00.000000Z',"
                                + "'renewTime':'2026-01-01T00:00:00.000000Z'}}")
                        .replace('\'', '"');
            }
            store(HOLDER.matcher(lease).replaceFirst("\"holderIdentity\":\"" + holder + "\""), fresh);
        }

        private synchronized String store(String body, boolean fresh) {
            version++;
            Matcher known = VERSION.matcher(body);
            lease = known.replaceFirst("\"resourceVersion\":\"" + version + "\"");
            String event = "{\"type\":\"" + (fresh ? "ADDED" : "MODIFIED") + "\",\"object\":" + lease + "}";
            for (OutputStream watch : watches) {
                send(watch, event);
            }
            return lease;
        }

        private void send(OutputStream watch, String event) {
            byte[] text = event.getBytes(StandardCharsets.UTF_8);
            try {
                // One text frame of less than 64 KiB, unmasked.
                watch.write(new byte[] {(byte) 0x81, 126, (byte) (text.length >> 8), (byte) text.length});
                watch.write(text);
                watch.flush();
            } catch (IOException gone) {
                watches.remove(watch);
            }
        }

        private void accept() {
            try {
                while (true) {
                    Socket socket = server.accept();
                    thread(() -> serve(socket));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                for (String request = line(in); !request.isEmpty(); request = line(in)) {
                    Map<String, String> headers = new HashMap<>();
                    for (String header = line(in); !header.isEmpty(); header = line(in)) {
                        String[] parts = header.split(": *", 2);
                        headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
                    }
                    byte[] body = new byte[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
                    in.readFully(body);
                    requests++;
                    String key = headers.get("sec-websocket-key");
                    if (key != null) {
                        watch(in, out, key, request.contains("/leases"));
                        return;
                    }
                    answer(out, request, new String(body, StandardCharsets.UTF_8));
                }
            } catch (IOException gone) {
                // The sidecar closed the connection.
            }
        }

        private static String line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
                line.write(b);
            }
            return line.toString(StandardCharsets.US_ASCII).strip();
        }

        private void watch(DataInputStream in, OutputStream out, String key, boolean ofLease) throws IOException {
            byte[] accepted = digest(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
            out.write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(accepted) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            if (ofLease) {
                synchronized (this) {
                    watches.add(out);
                    send(out, "{\"type\":\"ADDED\",\"object\":" + lease + "}");
                }
            }
            // It only ever says goodbye.
            in.read();
            watches.remove(out);
        }

        private static byte[] digest(String text) {
            try {
                return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.US_ASCII));
            } catch (java.security.NoSuchAlgorithmException everyJdkHasIt) {
                throw new IllegalStateException(everyJdkHasIt);
            }
        }

        private synchronized String slices() {
            return "{\"kind\":\"EndpointSliceList\",\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"items\":[" + slice
                    + "]}";
        }

        private synchronized String storeSlice(String body) {
            version++;
            slice = (VERSION.matcher(body).find() ? body : body.replaceFirst("\"metadata\":\\{", "$0\"resourceVersion\":\"0\","));
            slice = VERSION.matcher(slice).replaceFirst("\"resourceVersion\":\"" + version + "\"");
            return slice;
        }

        private void answer(OutputStream out, String request, String body) throws IOException {
            boolean ofLease = request.contains("/leases");
            String answer = body;
            String status = "200 OK";
            if (request.startsWith("POST") && request.contains("/selfsubjectaccessreviews")) {
                status = "201 Created";
                answer = body.replaceFirst("}$", ",\"status\":{\"allowed\":true}}");
            } else if (ofLease && request.startsWith("GET")) {
                synchronized (this) {
                    answer = lease;
                }
            } else if (ofLease) {
                answer = store(body, false);
            } else if (request.contains("/endpointslices")) {
                status = request.startsWith("POST") ? "201 Created" : status;
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
                status = "201 Created";
            }
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            out.write(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length
                            + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(bytes);
            out.flush();
        }

        private static void thread(Runnable work) {
            Thread thread = new Thread(work, "api-server");
            thread.setDaemon(true);
            thread.start();
        }
    }
}
