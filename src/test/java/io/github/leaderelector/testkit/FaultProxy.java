package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The network between one replica and the API server: passes TCP bytes on, and can do to them what a network does.
 *
 * <p>Faults are switched at run time and hold for open and for new connections alike, unless they say otherwise. Bytes
 * are held back, never lost, as TCP would have it: what could not pass during a black hole passes after {@link #heal},
 * late. An idle proxy adds well under 0.3 ms. Safe for use by many threads.
 */
public final class FaultProxy implements AutoCloseable {

    /** Which way bytes go. */
    public enum Direction {
        /** From the replica to the API server. */
        REQUESTS,
        /** From the API server to the replica. */
        ANSWERS,
    }

    private record Faults(boolean requestsPass, boolean answersPass, long delayNanos) {
        static final Faults NONE = new Faults(true, true, 0);

        boolean pass(Direction direction) {
            return direction == Direction.REQUESTS ? requestsPass : answersPass;
        }
    }

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final int port = Ports.free();
    private final InetSocketAddress target;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final Object lock = new Object();
    private @Nullable ServerSocket listener;
    private @Nullable Thread acceptor;
    private volatile Faults faults = Faults.NONE;

    /**
     * Listens on a port of its own.
     *
     * @param targetPort where to pass bytes to, on this machine
     */
    public FaultProxy(int targetPort) {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
        listen();
    }

    /** The TCP port to connect to; it stays the same. */
    public int port() {
        return port;
    }

    /** How many connections are open. */
    public int connections() {
        return connections.size();
    }

    /** Bytes arrive {@code delay} after they were sent, in each direction. */
    public void delay(Duration delay) {
        Faults now = faults;
        set(new Faults(now.requestsPass(), now.answersPass(), delay.toNanos()));
    }

    /** No byte passes in either direction; connections stay open, new ones are accepted. */
    public void blackHole() {
        set(new Faults(false, false, faults.delayNanos()));
    }

    /** No byte passes in this direction; connections stay open, new ones are accepted. */
    public void blackHole(Direction direction) {
        Faults now = faults;
        set(new Faults(
                now.requestsPass() && direction != Direction.REQUESTS,
                now.answersPass() && direction != Direction.ANSWERS,
                now.delayNanos()));
    }

    /** No byte passes on the connections that are open now, as if a firewall had forgotten them; new ones work. */
    public void blackHoleEstablished() {
        connections.forEach(connection -> connection.silent = true);
    }

    /** Ends all connections with a TCP reset on both sides. New ones are accepted. */
    public void reset() {
        connections.forEach(Connection::reset);
    }

    /** Tells the replica, on all connections, that no more answers follow; requests still pass. */
    public void halfClose() {
        connections.forEach(Connection::halfClose);
    }

    /** New connections are refused; open ones stay. */
    public void refuse() {
        synchronized (lock) {
            closeQuietly(listener);
            listener = null;
            // The kernel takes connections until the last thread in accept() has left it.
            if (acceptor != null) {
                join(acceptor);
            }
        }
    }

    /** Ends all faults. Bytes that were held back pass now. */
    public void heal() {
        connections.forEach(connection -> connection.silent = false);
        set(Faults.NONE);
        listen();
    }

    @Override
    public void close() {
        refuse();
        reset();
    }

    private void set(Faults next) {
        faults = next;
        connections.forEach(Connection::wake);
    }

    private void listen() {
        synchronized (lock) {
            if (listener != null) {
                return;
            }
            try {
                ServerSocket socket = new ServerSocket();
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 256);
                listener = socket;
                acceptor = daemon("fault-proxy-" + port, () -> accept(socket));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private void accept(ServerSocket socket) {
        while (true) {
            try {
                Connection connection = new Connection(socket.accept());
                connections.add(connection);
                daemon("fault-proxy-" + port + "-requests", connection::open);
            } catch (IOException closed) {
                return;
            }
        }
    }

    static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    static void closeQuietly(@Nullable AutoCloseable closeable) {
        if (closeable == null) {
            return;
        }
        try {
            closeable.close();
        } catch (Exception alreadyGone) {
            // Closed is what was wanted.
        }
    }

    private final class Connection {

        private final Socket replica;
        private final Socket server = new Socket();
        private final Pipe requests;
        private final Pipe answers;
        private volatile boolean silent;

        Connection(Socket replica) {
            this.replica = replica;
            this.requests = new Pipe(this, Direction.REQUESTS, replica, server);
            this.answers = new Pipe(this, Direction.ANSWERS, server, replica);
        }

        void open() {
            try {
                requests.awaitOpenNetwork();
                replica.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                server.connect(target);
            } catch (IOException e) {
                reset();
                return;
            }
            daemon("fault-proxy-" + port + "-answers", answers::read);
            requests.read();
        }

        boolean passes(Direction direction) {
            return !silent && faults.pass(direction);
        }

        void wake() {
            requests.wake();
            answers.wake();
        }

        void halfClose() {
            answers.end();
        }

        void endIfBothEnded() {
            if (requests.ended && answers.ended) {
                connections.remove(this);
                closeQuietly(replica);
                closeQuietly(server);
                wake();
            }
        }

        void reset() {
            connections.remove(this);
            for (Socket socket : new Socket[] {replica, server}) {
                try {
                    socket.setSoLinger(true, 0);
                } catch (IOException alreadyClosed) {
                    // Then there is nothing to reset.
                }
                closeQuietly(socket);
            }
            wake();
        }
    }

    private enum Kind {
        BYTES,
        END,
        RESET,
    }

    private record Parcel(Kind kind, ByteBuffer bytes, long dueNanos) {}

    /** One direction of one connection. */
    private final class Pipe {

        private final Connection connection;
        private final Direction direction;
        private final Socket from;
        private final Socket to;
        private final Deque<Parcel> held = new ArrayDeque<>();
        private boolean holding;
        private volatile @Nullable Thread waiting;
        private volatile boolean ended;

        Pipe(Connection connection, Direction direction, Socket from, Socket to) {
            this.connection = connection;
            this.direction = direction;
            this.from = from;
            this.to = to;
        }

        void read() {
            byte[] buffer = new byte[32 * 1024];
            try {
                for (int n = from.getInputStream().read(buffer);
                        n >= 0;
                        n = from.getInputStream().read(buffer)) {
                    send(Kind.BYTES, ByteBuffer.wrap(Arrays.copyOf(buffer, n)));
                }
                send(Kind.END, NOTHING);
            } catch (IOException reset) {
                send(Kind.RESET, NOTHING);
            }
        }

        private synchronized void send(Kind kind, ByteBuffer bytes) {
            Faults now = faults;
            Parcel parcel = new Parcel(kind, bytes, System.nanoTime() + now.delayNanos());
            if (held.isEmpty() && connection.passes(direction) && now.delayNanos() == 0) {
                deliver(parcel);
                return;
            }
            held.add(parcel);
            if (!holding) {
                holding = true;
                daemon("fault-proxy-" + port + "-holds", this::deliverHeld);
            }
        }

        private void deliverHeld() {
            waiting = Thread.currentThread();
            for (long pause = deliverNext(); pause >= 0; pause = deliverNext()) {
                LockSupport.parkNanos(pause);
            }
        }

        /** How long to wait before the next call, at most; negative when there is nothing more to do. */
        private synchronized long deliverNext() {
            Parcel next = held.peek();
            if (next == null || connectionGone()) {
                holding = false;
                return -1;
            }
            if (!connection.passes(direction)) {
                return Long.MAX_VALUE;
            }
            long early = next.dueNanos() - System.nanoTime();
            if (early > 0) {
                return early;
            }
            deliver(next);
            held.remove();
            return 0;
        }

        private void deliver(Parcel parcel) {
            if (ended) {
                return;
            }
            switch (parcel.kind()) {
                case BYTES -> {
                    try {
                        to.getOutputStream().write(parcel.bytes().array());
                    } catch (IOException peerGone) {
                        connection.reset();
                    }
                }
                case END -> end();
                case RESET -> connection.reset();
            }
        }

        private void end() {
            ended = true;
            try {
                to.shutdownOutput();
            } catch (IOException alreadyClosed) {
                // Then the peer knows.
            }
            connection.endIfBothEnded();
        }

        void awaitOpenNetwork() {
            waiting = Thread.currentThread();
            while (!(connection.passes(Direction.REQUESTS) && connection.passes(Direction.ANSWERS))
                    && !connectionGone()) {
                LockSupport.park(this);
            }
        }

        // Takes no lock: the delivering thread holds one, and may have to reset the connection.
        void wake() {
            LockSupport.unpark(waiting);
        }

        private boolean connectionGone() {
            return !connections.contains(connection);
        }
    }
}
