package io.github.leaderelector.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/**
 * The API server's moods: passes HTTP/1.1 on to the API server, answers some requests itself and counts all of them.
 *
 * <p>It ends the replica's TLS and speaks TLS of its own to the API server, one connection for one. Chunked answers
 * pass chunk by chunk, so that watches work; once a request to upgrade to WebSocket was answered with 101, all bytes
 * pass. Safe for use by many threads.
 */
public final class HttpFaultProxy implements AutoCloseable {

    /**
     * One request that came by.
     *
     * @param nanos when it was read completely, by {@link System#nanoTime}
     * @param request what was asked for
     * @param status the HTTP status that was sent to the replica; not complete as long as none was
     */
    public record Exchange(long nanos, ApiRequest request, CompletableFuture<Integer> status) {

        @Override
        public String toString() {
            return request.method() + " " + request.path() + " -> " + status.getNow(0);
        }
    }

    /** A fault for some requests, in force until it is removed. */
    public final class Rule {

        private final Predicate<ApiRequest> requests;
        private final Fault fault;
        private final AtomicInteger left;
        private final AtomicInteger hits = new AtomicInteger();

        private Rule(Predicate<ApiRequest> requests, Fault fault, int times) {
            this.requests = requests;
            this.fault = fault;
            this.left = new AtomicInteger(times);
        }

        private boolean takes(ApiRequest request) {
            if (requests.test(request) && left.getAndDecrement() > 0) {
                hits.incrementAndGet();
                return true;
            }
            return false;
        }

        /** How many requests it has met. */
        public int hits() {
            return hits.get();
        }

        /** Ends it. */
        public void remove() {
            rules.remove(this);
        }
    }

    private final ServerCertificate certificate;
    private final InetSocketAddress target;
    private final SSLServerSocket listener;
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final Queue<Exchange> exchanges = new ConcurrentLinkedQueue<>();
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    /** Listens on a port of its own, before {@code server}. */
    public HttpFaultProxy(RealApiServer server) {
        this(server.certificate(), server.port());
    }

    HttpFaultProxy(ServerCertificate certificate, int targetPort) {
        this.certificate = certificate;
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
        try {
            listener = (SSLServerSocket) certificate
                    .context()
                    .getServerSocketFactory()
                    .createServerSocket(Ports.free(), 256, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        FaultProxy.daemon("http-proxy-" + port(), this::accept);
    }

    /** The TCP port to connect to. */
    public int port() {
        return listener.getLocalPort();
    }

    /** From now on meets all {@code requests} with {@code fault}; earlier rules come first. */
    public Rule inject(Predicate<ApiRequest> requests, Fault fault) {
        return inject(requests, fault, Integer.MAX_VALUE);
    }

    /** From now on meets the next {@code times} of {@code requests} with {@code fault}. */
    public Rule inject(Predicate<ApiRequest> requests, Fault fault, int times) {
        Rule rule = new Rule(requests, fault, times);
        rules.add(rule);
        return rule;
    }

    /** Ends all faults. A connection that a fault made silent stays so. */
    public void heal() {
        rules.clear();
    }

    /** The requests since {@code nanos}, oldest first. */
    public List<Exchange> since(long nanos) {
        return exchanges.stream().filter(e -> e.nanos() - nanos >= 0).toList();
    }

    /** How many requests came by since {@code nanos}, by {@link ApiRequest#kind}. */
    public Map<String, Long> countsSince(long nanos) {
        Map<String, Long> counts = new TreeMap<>();
        since(nanos).forEach(e -> counts.merge(e.request().kind(), 1L, Long::sum));
        return counts;
    }

    /** Stops listening and ends all connections. */
    @Override
    public void close() {
        FaultProxy.closeQuietly(listener);
        connections.forEach(Connection::end);
    }

    private void accept() {
        while (true) {
            try {
                Connection connection = new Connection(listener.accept());
                connections.add(connection);
                FaultProxy.daemon("http-proxy-" + port() + "-requests", connection::requests);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private @Nullable Fault faultFor(ApiRequest request) {
        for (Rule rule : rules) {
            if (rule.takes(request)) {
                return rule.fault;
            }
        }
        return null;
    }

    private record Pending(Exchange exchange, @Nullable Fault fault) {}

    private final class Connection {

        private final Socket replica;
        private final BlockingQueue<Pending> pending = new LinkedBlockingQueue<>();
        private volatile @Nullable Socket server;

        Connection(Socket replica) {
            this.replica = replica;
        }

        void end() {
            connections.remove(this);
            FaultProxy.closeQuietly(replica);
            FaultProxy.closeQuietly(server);
        }

        void requests() {
            try (Socket socket = certificate.context().getSocketFactory().createSocket()) {
                server = socket;
                replica.setTcpNoDelay(true);
                socket.setTcpNoDelay(true);
                socket.connect(target);
                InputStream in = new BufferedInputStream(replica.getInputStream(), 32 * 1024);
                OutputStream out = socket.getOutputStream();
                FaultProxy.daemon("http-proxy-" + port() + "-answers", () -> answers(socket));
                while (!pass(in, out)) {
                    // One request after the other.
                }
            } catch (IOException | InterruptedException | ExecutionException over) {
                // Whichever side ended the connection, the other learns it now.
            } finally {
                end();
            }
        }

        /** Passes one request on; true when there will be no more. */
        private boolean pass(InputStream in, OutputStream out)
                throws IOException, InterruptedException, ExecutionException {
            Message message = Message.read(in);
            if (message == null) {
                return true;
            }
            message.readBody(in);
            String[] line = message.startLine().split(" ", -1);
            ApiRequest request = ApiRequest.of(line[0], line[1]);
            Exchange exchange = new Exchange(System.nanoTime(), request, new CompletableFuture<>());
            exchanges.add(exchange);
            Fault fault = faultFor(request);
            if (fault instanceof Fault.Answer answer) {
                replica.getOutputStream().write(bytes(answer));
                exchange.status().complete(answer.status());
                return false;
            }
            if (fault instanceof Fault.Swallow) {
                return false;
            }
            pending.add(new Pending(exchange, fault));
            out.write(message.bytes());
            if (message.header("upgrade") != null && exchange.status().get() == 101) {
                in.transferTo(out);
                return true;
            }
            return false;
        }

        private byte[] bytes(Fault.Answer answer) {
            String body = """
          {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",\
          "message":"injected by the test","reason":"%s","code":%d}""".formatted(answer.reason(), answer.status());
            StringBuilder head = new StringBuilder("HTTP/1.1 " + answer.status() + " Injected\r\n");
            answer.headers()
                    .forEach((k, v) -> head.append(k).append(": ").append(v).append("\r\n"));
            head.append("Content-Type: application/json\r\nContent-Length: ").append(body.length());
            return (head + "\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8);
        }

        void answers(Socket socket) {
            try {
                InputStream in = new BufferedInputStream(socket.getInputStream(), 32 * 1024);
                OutputStream out = replica.getOutputStream();
                while (!passAnswer(in, out)) {
                    // One answer after the other.
                }
            } catch (IOException | InterruptedException over) {
                // Whichever side ended the connection, the other learns it now.
            } finally {
                end();
            }
        }

        /** Passes one answer on; true when there will be no more. */
        private boolean passAnswer(InputStream in, OutputStream out) throws IOException, InterruptedException {
            Message message = Message.read(in);
            if (message == null) {
                return true;
            }
            int status = Integer.parseInt(message.startLine().split(" ", -1)[1]);
            if (status == 100) {
                out.write(message.bytes());
                return false;
            }
            Pending asked = pending.take();
            if (asked.fault() != null) {
                if (asked.fault() instanceof Fault.CloseInsteadOfAnswer) {
                    return true;
                }
                message.skipBody(in, asked.exchange().request().method());
                return false;
            }
            if (status == 101) {
                out.write(message.bytes());
                asked.exchange().status().complete(status);
                in.transferTo(out);
                return true;
            }
            message.passBody(in, out, asked.exchange());
            return false;
        }
    }

    /** A request or an answer: its head, and of a request its body too, as the bytes they came in. */
    private static final class Message {

        private static final int LONGEST_HEAD = 64 * 1024;

        private final ByteArrayOutputStream raw = new ByteArrayOutputStream(2048);
        private String startLine = "";
        private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

        static @Nullable Message read(InputStream in) throws IOException {
            Message message = new Message();
            message.startLine = message.line(in);
            if (message.raw.size() == 0) {
                return null;
            }
            for (String line = message.line(in); !line.isEmpty(); line = message.line(in)) {
                int colon = line.indexOf(':');
                message.headers.put(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
            return message;
        }

        String startLine() {
            return startLine;
        }

        @Nullable
        String header(String name) {
            return headers.get(name);
        }

        byte[] bytes() {
            return raw.toByteArray();
        }

        /** Reads a line, keeps its bytes, and returns it without its end; empty at the end of all. */
        private String line(InputStream in) throws IOException {
            int start = raw.size();
            for (int b = in.read(); b >= 0; b = in.read()) {
                raw.write(b);
                if (b == '\n') {
                    return raw.toString(StandardCharsets.ISO_8859_1)
                            .substring(start)
                            .strip();
                }
                if (raw.size() > LONGEST_HEAD) {
                    throw new IOException("A head of more than " + LONGEST_HEAD + " bytes.");
                }
            }
            if (raw.size() > 0) {
                throw new EOFException("The connection ended within a head.");
            }
            return "";
        }

        private boolean chunked() {
            String encoding = header("transfer-encoding");
            return encoding != null && encoding.contains("chunked");
        }

        private long length() {
            String length = header("content-length");
            return length == null ? -1 : Long.parseLong(length);
        }

        void readBody(InputStream in) throws IOException {
            if (chunked()) {
                for (boolean more = true; more; ) {
                    more = chunk(in, raw);
                }
            } else if (length() > 0) {
                copy(in, raw, length());
            }
        }

        void skipBody(InputStream in, String method) throws IOException {
            passBody(in, OutputStream.nullOutputStream(), method, () -> {});
        }

        void passBody(InputStream in, OutputStream out, Exchange exchange) throws IOException {
            int status = Integer.parseInt(startLine.split(" ", -1)[1]);
            passBody(
                    in,
                    out,
                    exchange.request().method(),
                    () -> exchange.status().complete(status));
        }

        private void passBody(InputStream in, OutputStream out, String method, Runnable headSent) throws IOException {
            String status = startLine.split(" ", -1)[1];
            boolean none = "HEAD".equals(method) || "204".equals(status) || "304".equals(status);
            if (!none && !chunked() && length() >= 0 && length() < LONGEST_HEAD) {
                // A short answer leaves in one piece, as it came.
                copy(in, raw, length());
                none = true;
            }
            headSent.run();
            out.write(bytes());
            if (none) {
                return;
            }
            if (chunked()) {
                for (boolean more = true; more; ) {
                    ByteArrayOutputStream chunk = new ByteArrayOutputStream();
                    more = chunk(in, chunk);
                    out.write(chunk.toByteArray());
                }
            } else if (length() >= 0) {
                copy(in, out, length());
            } else {
                in.transferTo(out);
                throw new EOFException("The answer ended with the connection.");
            }
        }

        /** Copies one chunk with its frame; false when it was the last. */
        private static boolean chunk(InputStream in, OutputStream out) throws IOException {
            Message size = new Message();
            String line = size.line(in);
            if (size.raw.size() == 0) {
                throw new EOFException("The connection ended between two chunks.");
            }
            out.write(size.bytes());
            int length = Integer.parseInt(line.replaceAll(";.*", "").strip(), 16);
            if (length > 0) {
                copy(in, out, length + 2L);
                return true;
            }
            for (boolean trailer = true; trailer; ) {
                Message rest = new Message();
                trailer = !rest.line(in).isEmpty();
                out.write(rest.bytes());
            }
            return false;
        }

        private static void copy(InputStream in, OutputStream out, long length) throws IOException {
            byte[] buffer = new byte[(int) Math.min(length, 32 * 1024)];
            for (long left = length; left > 0; ) {
                int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
                if (n < 0) {
                    throw new EOFException("The connection ended within a body.");
                }
                out.write(buffer, 0, n);
                left -= n;
            }
        }
    }
}
