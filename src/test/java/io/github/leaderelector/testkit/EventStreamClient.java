package io.github.leaderelector.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one stream of server-sent events on this machine. Not safe for use by many threads. */
public final class EventStreamClient implements AutoCloseable {

    private final HttpURLConnection connection;
    private @Nullable BufferedReader in;

    /**
     * Asks for the stream; connects at the first question.
     *
     * @param accept the header of that name
     * @param patience how long to wait for a line
     */
    public EventStreamClient(int port, String path, String accept, Duration patience) throws IOException {
        this("127.0.0.1", port, path, accept, patience);
    }

    /** The same by {@code address}, one of this machine: connections to it come from it. */
    public EventStreamClient(String address, int port, String path, String accept, Duration patience)
            throws IOException {
        connection = (HttpURLConnection)
                URI.create("http://" + address + ":" + port + path).toURL().openConnection();
        connection.setRequestProperty("Accept", accept);
        connection.setReadTimeout((int) patience.toMillis());
    }

    /** The status of the answer. */
    public int status() throws IOException {
        return connection.getResponseCode();
    }

    /** A header of the answer; null when it has none of that name. */
    public @Nullable String header(String name) {
        return connection.getHeaderField(name);
    }

    /** The rest of the body. */
    public String body() throws IOException {
        try (InputStream body = status() < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new String(body.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /**
     * The lines up to the next empty one: an event, or a comment; empty when the stream has ended in order.
     *
     * @throws IOException when it has not ended in order, or nothing came in time
     */
    public List<String> next() throws IOException {
        if (in == null) {
            in = new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8));
        }
        List<String> lines = new ArrayList<>();
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            lines.add(line);
        }
        return lines;
    }

    /** Reads on until an event contains {@code text}; returns it. */
    public List<String> nextWith(String text) throws IOException {
        while (true) {
            List<String> event = next();
            if (event.isEmpty()) {
                throw new AssertionError("The stream has ended without '" + text + "'.");
            }
            if (String.join("\n", event).contains(text)) {
                return event;
            }
        }
    }

    @Override
    public void close() {
        connection.disconnect();
    }
}
