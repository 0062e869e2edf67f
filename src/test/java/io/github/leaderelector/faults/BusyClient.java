package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.Replica;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * Asks one replica the same all the time, and counts how often it <em>reads</em> that this replica leads. On a thread
 * of its own; safe for use by many threads.
 */
final class BusyClient implements AutoCloseable {

    /** How long it waits for an answer: longer than any replica stands still, so that none is missed. */
    private static final int PATIENCE_MILLIS = 60_000;

    private static final long PAUSE_AFTER_LOSS = 5_000_000;

    /** The request, and the text by which an answer says "I lead". */
    enum Question {
        LEADER("/leader", "\"leader\":true"),
        IS_LEADER("/isLeader", "\"isLeader\":true"),
        HOLDER("/", "\"name\":\"%s\""),
        GROUP("/q/health/group/leader", "\"status\": \"UP\""),
        READINESS("/q/health/ready", "\"status\": \"UP\""),
        STATUS("/status", "\"leader\":true,\"identity\""),
        METRICS("/q/metrics", "leader_election_master_status\\{.*} 1\\.0");

        private final String path;
        private final String claim;

        Question(String path, String claim) {
            this.path = path;
            this.claim = claim;
        }
    }

    private final int port;
    private final int pipelined;
    private final Pattern claim;
    private final byte[] requests;
    private final String name;
    private volatile long answers;
    private volatile long claims;
    private volatile boolean late;
    private volatile long lateClaims;
    private volatile boolean stopped;
    private volatile Socket socket;

    /**
     * Begins to ask.
     *
     * @param pipelined how many requests are sent before the first answer is read
     */
    BusyClient(Replica replica, Question question, int pipelined) {
        this.port = replica.httpPort();
        this.pipelined = pipelined;
        this.claim = Pattern.compile(question.claim.formatted(replica.name()));
        this.name = question.path + (pipelined > 1 ? " x " + pipelined : "");
        this.requests = ("GET " + question.path
                        + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json, text/plain\r\n\r\n")
                .repeat(pipelined)
                .getBytes(StandardCharsets.US_ASCII);
        Thread thread = new Thread(this::ask, "busy-client " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void ask() {
        while (!stopped) {
            try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket = connection;
                connection.setTcpNoDelay(true);
                connection.setSoTimeout(PATIENCE_MILLIS);
                InputStream in = new BufferedInputStream(connection.getInputStream(), 64 * 1024);
                while (!stopped) {
                    connection.getOutputStream().write(requests);
                    for (int i = 0; i < pipelined; i++) {
                        note(claim.matcher(read(in)).find());
                    }
                }
            } catch (IOException lost) {
                LockSupport.parkNanos(PAUSE_AFTER_LOSS);
            }
        }
    }

    // One writer.
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void note(boolean leads) {
        answers++;
        if (leads) {
            claims++;
            if (late) {
                lateClaims++;
            }
        }
    }

    private static String read(InputStream in) throws IOException {
        int length = 0;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(line.substring(15).strip());
            }
        }
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException();
        }
        return new String(body, StandardCharsets.UTF_8);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException();
            }
            line.append((char) b);
        }
        return line.toString().strip();
    }

    /** From now on each answer that says "I lead" is late. */
    void nothingMoreMayClaim() {
        late = true;
    }

    /** How many answers it has read. */
    long answers() {
        return answers;
    }

    /** How many of them said "I lead". */
    long claims() {
        return claims;
    }

    /** How many said so though they must not any more. */
    long lateClaims() {
        return lateClaims;
    }

    @Override
    public void close() {
        stopped = true;
        try {
            Socket open = socket;
            if (open != null) {
                open.close();
            }
        } catch (IOException gone) {
            // As it should be.
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
