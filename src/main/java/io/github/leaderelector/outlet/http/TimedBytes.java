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
 * Bytes of an answer that are not sent if they say "I lead" and are too old.
 *
 * <p>It is a {@link FileRegion}, because Netty lets only this type of message write itself to the socket, each time
 * that the socket has room. So only the system call comes after the check of the clocks, also for bytes that the socket
 * did not take at first. Bytes that are too late cause an {@link IOException}, and Netty closes the connection. Not
 * safe for use by many threads.
 */
final class TimedBytes extends AbstractReferenceCounted implements FileRegion {

    private final ByteBuf bytes;
    private final Moment decided;
    private final LateAnswerCheck lateAnswers;
    private final Channel connection;
    private final int count;

    /**
     * @param bytes one piece of memory; released with this
     * @param decided the earliest moment at which the bytes can have been decided
     * @param connection reset if the bytes are too late
     */
    TimedBytes(ByteBuf bytes, Moment decided, LateAnswerCheck lateAnswers, Channel connection) {
        this.bytes = bytes;
        this.decided = decided;
        this.lateAnswers = lateAnswers;
        this.connection = connection;
        this.count = bytes.readableBytes();
    }

    /**
     * The size of these bytes, by which clients that do not read are found. Netty's own estimator counts a file region
     * as zero.
     */
    static MessageSizeEstimator sizes() {
        MessageSizeEstimator.Handle others = DefaultMessageSizeEstimator.DEFAULT.newHandle();
        return () -> message -> message instanceof TimedBytes timed ? timed.count : others.size(message);
    }

    @Override
    public long transferTo(WritableByteChannel target, long position) throws IOException {
        ByteBuffer rest = bytes.internalNioBuffer(bytes.readerIndex(), bytes.readableBytes());
        if (lateAnswers.isLate(decided)) {
            // Resets the connection, so that bytes in the kernel are not sent either.
            connection.config().setOption(ChannelOption.SO_LINGER, 0);
            throw new LateAnswerException();
        }
        int written = target.write(rest);
        if (written > 0) {
            bytes.skipBytes(written);
        }
        return written;
    }

    /** The bytes were not sent, because they were decided too long ago. */
    static final class LateAnswerException extends IOException {

        private static final long serialVersionUID = 1;

        LateAnswerException() {
            super("An answer was decided longer than " + LateAnswerCheck.BOUND.toMillis() + " ms ago.");
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
