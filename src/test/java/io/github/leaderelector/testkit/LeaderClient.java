package io.github.leaderelector.testkit;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Asks one sidecar who leads, over one connection that it keeps; a plain socket, so that what is measured is the
 * sidecar and not a client's pool. Not safe for use by many threads.
 */
public final class LeaderClient implements AutoCloseable {

    private static final byte[] REQUEST = "GET /leader HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final InetSocketAddress address;
    private final int patienceMillis;
    private @Nullable Socket socket;
    private @Nullable InputStream in;

    /**
     * @param port where the sidecar serves, on this machine
     * @param patience how long to wait for an answer
     */
    public LeaderClient(int port, Duration patience) {
        this(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), patience);
    }

    /**
     * @param address where the sidecar, or a Service over it, serves
     * @param patience how long to wait for a connection, and for an answer
     */
    public LeaderClient(InetSocketAddress address, Duration patience) {
        this.address = address;
        this.patienceMillis = (int) patience.toMillis();
    }

    /**
     * Asks, and waits for the answer.
     *
     * @throws IOException when there was none in time, or not one that can be read; the next call connects anew
     */
    public LeaderAnswer ask() throws IOException {
        boolean done = false;
        try {
            InputStream answers = connected();
            long asked = System.nanoTime();
            if (socket != null) {
                socket.getOutputStream().write(REQUEST);
            }
            String body = read(answers);
            LeaderAnswer answer = LeaderAnswer.of(asked, System.nanoTime(), body);
            done = true;
            return answer;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private InputStream connected() throws IOException {
        if (in == null) {
            Socket fresh = new Socket();
            socket = fresh;
            fresh.setTcpNoDelay(true);
            fresh.setSoTimeout(patienceMillis);
            fresh.connect(address, patienceMillis);
            in = new BufferedInputStream(fresh.getInputStream());
        }
        return in;
    }

    private static String read(InputStream in) throws IOException {
        String status = line(in);
        int length = -1;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        if (length < 0) {
            throw new IOException("An answer without a Content-Length: " + status);
        }
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (!status.contains(" 200")) {
            throw new IOException(status + ": " + body);
        }
        return body;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("The connection ended within an answer.");
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    @Override
    public void close() {
        FaultProxy.closeQuietly(socket);
        socket = null;
        in = null;
    }
}
