package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.Moment;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultMessageSizeEstimator;
import io.netty.channel.FileRegion;
import io.netty.channel.MessageSizeEstimator;
import io.netty.util.AbstractReferenceCounted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Bytes that are not sent any more once they say "I lead" and are too old.
 *
 * <p>It is a {@link FileRegion} because that is the one message that Netty lets write itself to the socket, each time
 * that there is room for some of it: nothing but the system call comes after the look at the clocks, also for what the
 * network did not take at first. A refusal is an {@link IOException}, upon which Netty closes the connection. Not safe
 * for use by many threads.
 */
final class TimedBytes extends AbstractReferenceCounted implements FileRegion {

    private final ByteBuf bytes;
    private final Moment decided;
    private final Lateness lateness;
    private final Channel connection;
    private final int count;

    /**
     * @param bytes one piece of memory; released with this
     * @param decided nothing in them was decided earlier
     * @param connection is reset when they come too late
     */
    TimedBytes(ByteBuf bytes, Moment decided, Lateness lateness, Channel connection) {
        this.bytes = bytes;
        this.decided = decided;
        this.lateness = lateness;
        this.connection = connection;
        this.count = bytes.readableBytes();
    }

    /** Netty's own would take them for a file that needs no memory; by the size it is known who does not read. */
    static MessageSizeEstimator sizes() {
        MessageSizeEstimator.Handle others = DefaultMessageSizeEstimator.DEFAULT.newHandle();
        return () -> message -> message instanceof TimedBytes timed ? timed.count : others.size(message);
    }

    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        ByteBuffer rest = bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes());
        if (lateness.isLate(decided)) {
            // Closed at once, and what the kernel has not sent yet with it.
            connection.config().setOption(ChannelOption.SO_LINGER, 0);
            throw new LateAnswerException();
        }
        int written = target.write(rest);
        if (written > 0) {
            bytes.skipBytes(written);
        }
        return written;
    }

    /** What was not sent was decided too long ago. */
    static final class LateAnswerException extends IOException {

        private static final long serialVersionUID = 1;

        LateAnswerException() {
            super("An answer was decided longer than " + Lateness.BOUND.toMillis() + " ms ago.");
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    @Override
    public long position() {
        return 0;
    }

    @Override
    @Deprecated
    @SuppressWarnings("InlineMeSuggester")
    public long transfered() {
        return transferred();
    }

    @Override
    public long transferred() {
        int rest = bytes.readableBytes();
        return (long) count - rest;
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    protected void deallocate() {
        bytes.release();
    }

    @Override
    public FileRegion retain() {
        super.retain();
        return this;
    }

    @Override
    public FileRegion retain(int increment) {
        super.retain(increment);
        return this;
    }

    @Override
    public FileRegion touch() {
        bytes.touch();
        return this;
    }

    @Override
    public FileRegion touch(Object hint) {
        bytes.touch(hint);
        return this;
    }
}
