package io.github.leaderelector.testkit;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Looks about twice in a millisecond which leader files exist, on a thread of its own. Safe for use by many threads.
 */
public final class FileWatch implements AutoCloseable {

    private static final long PAUSE = 400_000;

    private static final class Seen {
        final String replica;
        final File file;
        long lastAbsent = System.nanoTime();

        @Nullable
        Span present;

        Seen(String replica, File file) {
            this.replica = replica;
            this.file = file;
        }
    }

    private final List<Seen> files = new ArrayList<>();
    private final List<Span> over = new ArrayList<>();
    private final Thread thread = new Thread(this::look, "file-watch");
    private long longestBlink;
    private volatile boolean stopped;

    /**
     * Begins to look.
     *
     * @param files the leader file of each replica, by the replica's name
     */
    public FileWatch(Map<String, Path> files) {
        files.forEach((replica, file) -> this.files.add(new Seen(replica, file.toFile())));
        thread.setDaemon(true);
        thread.start();
    }

    private void look() {
        long last = System.nanoTime();
        while (!stopped) {
            synchronized (this) {
                for (Seen seen : files) {
                    look(seen);
                }
                long now = System.nanoTime();
                longestBlink = Math.max(longestBlink, now - last);
                last = now;
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private void look(Seen seen) {
        long before = System.nanoTime();
        boolean exists = seen.file.exists();
        long after = System.nanoTime();
        Span present = seen.present;
        if (exists) {
            seen.present = present == null
                    ? new Span(seen.replica, seen.lastAbsent, after, before, Long.MAX_VALUE, 0)
                    : present.until(before, Long.MAX_VALUE);
        } else {
            if (present != null) {
                over.add(present.until(present.to(), after));
                seen.present = null;
            }
            seen.lastAbsent = before;
        }
    }

    /** Every time a file was there, ongoing ones included ({@code latest} is then the present). */
    public synchronized List<Span> spans() {
        long now = System.nanoTime();
        List<Span> spans = new ArrayList<>(over);
        for (Seen seen : files) {
            if (seen.present != null) {
                spans.add(seen.present.until(seen.present.to(), now));
            }
        }
        return spans;
    }

    /** The replicas whose files exist, as last seen. */
    public synchronized List<String> present() {
        return files.stream().filter(s -> s.present != null).map(s -> s.replica).toList();
    }

    /**
     * The longest time, in nanoseconds, between two looks since {@link #forgetBlinks}; it is seldom more than a
     * millisecond on a machine that is not busy.
     */
    public synchronized long longestBlink() {
        return longestBlink;
    }

    /** Begins anew to look for the {@link #longestBlink}. */
    public synchronized void forgetBlinks() {
        longestBlink = 0;
    }

    @Override
    public void close() {
        stopped = true;
    }
}
