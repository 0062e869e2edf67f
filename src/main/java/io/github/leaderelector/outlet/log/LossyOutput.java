package io.github.leaderelector.outlet.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An output that never blocks its writers: a thread of its own writes the lines, in order. If the other side does not
 * read, up to {@value #CAPACITY} bytes are kept; further lines are dropped and counted.
 *
 * <p>Standard output is a pipe whose reader is another program. If that program stops reading, a thread that writes to
 * it directly stops too, and holds the lock of the log. Safe for use by many threads.
 */
public final class LossyOutput extends OutputStream {

    static final int CAPACITY = 256 * 1024;

    /** A longer line is written in pieces. */
    private static final int LONGEST_LINE = 64 * 1024;

    private final OutputStream target;
    private final String name;
    private final LongConsumer dropped;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<byte[]> lines = new ArrayDeque<>();
    private ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int keptBytes;
    private long droppedLines;
    private @Nullable Thread writer;

    /**
     * @param target the underlying output; may block, and may fail
     * @param name the name of the writing thread
     * @param dropped called with the number of dropped lines when lines can be written again
     */
    public LossyOutput(OutputStream target, String name, LongConsumer dropped) {
        this.target = target;
        this.name = name;
        this.dropped = dropped;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        lock.lock();
        try {
            int begin = offset;
            for (int i = offset; i < offset + length; i++) {
                if (bytes[i] == '\n') {
                    line.write(bytes, begin, i + 1 - begin);
                    begin = i + 1;
                    handOver();
                }
            }
            line.write(bytes, begin, offset + length - begin);
            if (line.size() > LONGEST_LINE) {
                handOver();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Call it with the lock held. */
    private void handOver() {
        if (keptBytes + line.size() > CAPACITY) {
            droppedLines++;
        } else {
            keptBytes += line.size();
            lines.addLast(line.toByteArray());
            changed.signalAll();
            if (writer == null) {
                writer = new Thread(this::writeForEver, name);
                writer.setDaemon(true);
                writer.start();
            }
        }
        line = new ByteArrayOutputStream();
    }

    /**
     * Waits until everything is written, also an unfinished line, but at most {@code limit}.
     *
     * @return whether everything was written
     */
    public boolean drain(Duration limit) {
        long left = limit.toNanos();
        lock.lock();
        try {
            if (line.size() > 0) {
                handOver();
            }
            while (keptBytes > 0) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void writeForEver() {
        while (true) {
            byte[] next = next();
            boolean written = true;
            try {
                target.write(next);
                target.flush();
            } catch (IOException nobodyThere) {
                written = false;
            }
            long toTell = done(next, written);
            if (toTell > 0) {
                dropped.accept(toTell);
            }
        }
    }

    private byte[] next() {
        lock.lock();
        try {
            while (lines.isEmpty()) {
                changed.awaitUninterruptibly();
            }
            return lines.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    /** The number of dropped lines to report; 0 unless the other side reads again. */
    private long done(byte[] written, boolean successfully) {
        lock.lock();
        try {
            keptBytes -= written.length;
            changed.signalAll();
            if (!successfully) {
                droppedLines++;
            }
            long toTell = successfully && lines.isEmpty() ? droppedLines : 0;
            droppedLines -= toTell;
            return toTell;
        } finally {
            lock.unlock();
        }
    }
}
