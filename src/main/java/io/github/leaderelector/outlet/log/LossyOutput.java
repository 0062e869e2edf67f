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
 * An output that nobody ever waits for: a thread of its own writes what is handed over, line by line and in order. As
 * long as nobody reads on the other side, up to {@value #CAPACITY} bytes are kept; lines for which there is no room are
 * dropped, and counted.
 *
 * <p>Standard output is a pipe whose reader is another program. If that program stops reading, a thread that writes to
 * it directly stops too, and holds the lock of the log. Safe for use by many threads.
 */
public final class LossyOutput extends OutputStream {

    static final int CAPACITY = 256 * 1024;

    /** What is longer is no line any more, and written in pieces. */
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
     * @param target where it is written to in the end; may block, and may fail
     * @param name what the writing thread is called
     * @param dropped is told, when lines can be written again, how many were dropped
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

    /** With the lock held. */
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
     * Waits until all is written, also an unfinished line, but at most {@code limit}.
     *
     * @return whether all was written
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

    /** How many dropped lines there are to tell of: now that there is room again, and somebody reads. */
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
