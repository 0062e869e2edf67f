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
 * The last before the socket: makes the bytes of answers into {@link TimedBytes}. For one connection, on its event
 * loop.
 *
 * <p>What is flushed at once goes into one piece of memory and one system call. It is as old as the first answer in it.
 */
final class AnswerWriter extends ChannelDuplexHandler {

    private static final int USUAL_SIZE = 1_024;

    /** What is more is handed on: only then does it count as not read yet, see {@link Conversation}. */
    private static final int LARGE = 16 * 1_024;

    private final Conversation conversation;
    private final Lateness lateness;
    private @Nullable ByteBuf bytes;
    private @Nullable ChannelPromise promise;
    private Moment decided;

    AnswerWriter(Conversation conversation, Lateness lateness) {
        this.conversation = conversation;
        this.lateness = lateness;
        this.decided = conversation.decidedAfter();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        ChannelHandlerContext encoder = context.pipeline().context(HttpResponseEncoder.class);
        if (encoder != null) {
            context.pipeline().addAfter(encoder.name(), null, conversation);
        }
        context.fireChannelActive();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        conversation.bytesArrived(context);
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
            decided = conversation.decidedAfter();
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
            TimedBytes timed = new TimedBytes(bytes, decided, lateness, context.channel());
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
