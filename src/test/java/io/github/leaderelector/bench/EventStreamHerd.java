package io.github.leaderelector.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Many clients that listen to one sidecar, all on the thread of the caller, so that they take as little as can be from
 * the processors that the sidecar runs on. Not safe for use by many threads.
 */
final class EventStreamHerd implements AutoCloseable {

    private static final byte[] REQUEST = "GET /leader HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
            .getBytes(StandardCharsets.US_ASCII);

    private final InetSocketAddress address;
    private final Selector selector;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private int open;

    /** One client: the last that it has read. */
    private static final class Client {
        private String text = "";
        private String seen = "";
    }

    /**
     * When clients heard of something, by {@link System#nanoTime}.
     *
     * @param first the first of them
     * @param last the last of them
     */
    record Heard(long first, long last) {}

    /** @param port where the sidecar serves, on this machine */
    EventStreamHerd(int port) throws IOException {
        this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.selector = Selector.open();
    }

    /** Opens {@code count} streams more. */
    void open(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open(address);
            channel.write(ByteBuffer.wrap(REQUEST));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, new Client());
            open++;
        }
    }

    /** Reads until every client has read {@code text}, since it was last waited for. */
    Heard awaitAll(String text, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        int missing = open;
        for (SelectionKey key : selector.keys()) {
            missing -= look((Client) key.attachment(), text);
        }
        long first = 0;
        while (missing > 0) {
            int found = read(text, end);
            if (found > 0 && first == 0) {
                first = System.nanoTime();
            }
            missing -= found;
        }
        return new Heard(first, System.nanoTime());
    }

    /** Reads until the sidecar has ended all streams in order. */
    void awaitEnd(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (open > 0) {
            read("", end);
        }
    }

    /** Reads what is there; how many clients have newly read {@code text}. */
    private int read(String text, long end) {
        int[] found = {0};
        try {
            selector.select(key -> found[0] += read(key, text), Math.max(1, (end - System.nanoTime()) / 1_000_000));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (System.nanoTime() - end > 0) {
            throw new AssertionError("Not all of " + open + " streams said '" + text + "', or ended, in time.");
        }
        return found[0];
    }

    private int read(SelectionKey key, String text) {
        Client client = (Client) key.attachment();
        try {
            buffer.clear();
            int read = ((SocketChannel) key.channel()).read(buffer);
            if (read < 0) {
                // The chunk that ends a body: without it the stream was cut off, not ended.
                if (!client.text.endsWith("\r\n0\r\n\r\n")) {
                    throw new AssertionError("A stream was cut off after '" + client.text + "'.");
                }
                key.channel().close();
                open--;
                return 0;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String all = client.text + StandardCharsets.UTF_8.decode(buffer.flip());
        client.text = all.substring(Math.max(0, all.length() - 1_024));
        return look(client, text);
    }

    private static int look(Client client, String text) {
        if (!client.seen.equals(text) && client.text.contains(text)) {
            client.seen = text;
            return 1;
        }
        return 0;
    }

    @Override
    public void close() {
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
