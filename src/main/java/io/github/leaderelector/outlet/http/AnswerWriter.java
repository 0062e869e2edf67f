package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.Moment;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.concurrent.PromiseNotifier;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * The last Netty handler before the socket: wraps the bytes of answers in {@link TimedBytes}. For one connection, on
 * its event loop.
 *
 * <p>All bytes of one flush go into one piece of memory and one system call. Their age is that of the first answer in
 * them.
 */
final class AnswerWriter extends ChannelDuplexHandler {

    private static final int USUAL_SIZE = 1_024;

    /** Further bytes are passed on at once: only then does {@link ConnectionGuard} count them as not read. */
    private static final int LARGE = 16 * 1_024;

    private final ConnectionGuard guard;
    private final LateAnswerCheck lateAnswers;
    private @Nullable ByteBuf bytes;
    private @Nullable ChannelPromise promise;
    private Moment decided;

    AnswerWriter(ConnectionGuard guard, LateAnswerCheck lateAnswers) {
        this.guard = guard;
        this.lateAnswers = lateAnswers;
        this.decided = guard.decidedAfter();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ChannelHandlerContext encoder = context.pipeline().context(HttpResponseEncoder.class);
        if (encoder != null) {
            context.pipeline().addAfter(encoder.name(), null, guard);
        }
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        guard.bytesArrived(context);
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
        if (!(message instanceof ByteBuf part) || (bytes == null && !part.isReadable())) {
            writePending(context);
            var unused = context.write(message, written);
            return;
        }
        if (bytes == null) {
            decided = guard.decidedAfter();
            bytes = context.alloc().ioBuffer(Math.max(USUAL_SIZE, part.readableBytes()));
        }
        bytes.writeBytes(part);
        part.release();
        if (promise == null) {
            promise = written.unvoid();
        } else if (!written.isVoid()) {
            promise.addListener(new PromiseNotifier<>(written));
        }
        if (bytes.readableBytes() >= LARGE) {
            writePending(context);
        }
    }

    @Override
    public void flush(ChannelHandlerContext context) {
        writePending(context);
        context.flush();
    }

    private void writePending(ChannelHandlerContext context) {
        if (bytes != null && promise != null) {
            TimedBytes timed = new TimedBytes(bytes, decided, lateAnswers, context.channel());
            ChannelPromise written = promise;
            bytes = null;
            promise = null;
            var unused = context.write(timed, written);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (bytes != null && promise != null) {
            bytes.release();
            bytes = null;
            promise.tryFailure(new ClosedChannelException());
            promise = null;
        }
    }
}
