package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.Replica;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.util.concurrent.locks.LockSupport;

/** Asks the readiness probe of one replica again and again, on a thread of its own. */
final class ReadinessWatch implements AutoCloseable {

    private static final long PAUSE = 5_000_000;
    private static final int PATIENCE_MILLIS = 500;
    private static final int READY = 200;

    private final URL probe;
    private volatile long lastReady = Long.MIN_VALUE;
    private volatile boolean ready;
    private volatile boolean stopped;

    ReadinessWatch(Replica replica) {
        try {
            probe = URI.create("http://127.0.0.1:" + replica.httpPort() + "/q/health/ready")
                    .toURL();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        Thread thread = new Thread(this::ask, "readiness-watch-" + replica.name());
        thread.setDaemon(true);
        thread.start();
    }

    private void ask() {
        while (!stopped) {
            long asked = System.nanoTime();
            try {
                HttpURLConnection connection = (HttpURLConnection) probe.openConnection();
                connection.setConnectTimeout(PATIENCE_MILLIS);
                connection.setReadTimeout(PATIENCE_MILLIS);
                ready = connection.getResponseCode() == READY;
                if (ready) {
                    lastReady = asked;
                }
                connection.disconnect();
            } catch (IOException silent) {
                ready = false;
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    /** Whether the last answer was that it is ready. */
    boolean ready() {
        return ready;
    }

    /** When the last question was asked that was answered with ready, by {@link System#nanoTime}. */
    long lastReady() {
        return lastReady;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
