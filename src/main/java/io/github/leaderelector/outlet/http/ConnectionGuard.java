package io.github.leaderelector.outlet.http;

import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows the requests and answers of one connection. Records the earliest moment at which the current answer can have
 * been decided. Closes the connection if a request takes longer than {@link #REQUEST_LIMIT} to arrive, if
 * {@value #UNANSWERED} requests are unanswered, or if the client sends a further request while it does not read its
 * answers. On the connection's event loop.
 */
final class ConnectionGuard extends ChannelDuplexHandler {

    /**
     * How long a request may take to arrive, from its first byte to its last; for the first request, from the beginning
     * of the connection.
     */
    static final Duration REQUEST_LIMIT = Duration.ofSeconds(10);

    static final int UNANSWERED = 100;

    private final Ticker ticker;
    private final Supplier<Moment> eventDecidedAfter;

    /** What is written next was decided no earlier. */
    private Moment decidedAfter;

    private int unanswered;
    private boolean stream;
    private boolean ended;

    private boolean arriving = true;
    private long arrivingSince;
    private @Nullable ScheduledFuture<?> look;

    /** @param eventDecidedAfter the earliest moment at which an event that is being written can have been decided */
    ConnectionGuard(Ticker ticker, Supplier<Moment> eventDecidedAfter) {
        this.ticker = ticker;
        this.eventDecidedAfter = eventDecidedAfter;
        this.decidedAfter = ticker.now();
        this.arrivingSince = decidedAfter.nanos();
    }

    /** What is written next was decided no earlier. */
    Moment decidedAfter() {
        return decidedAfter;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        lookIn(context, REQUEST_LIMIT.toNanos());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        if (look != null) {
            look.cancel(false);
        }
    }

    /** Notes that a part of a request has arrived. */
    void bytesArrived(ChannelHandlerContext context) {
        if (!arriving) {
            arriving = true;
            arrivingSince = ticker.nanoTime();
            if (look == null) {
                lookIn(context, REQUEST_LIMIT.toNanos());
            }
        }
    }

    private void lookIn(ChannelHandlerContext context, long nanos) {
        look = context.executor().schedule(() -> endIfOverdue(context), nanos, TimeUnit.NANOSECONDS);
    }

    private void endIfOverdue(ChannelHandlerContext context) {
        look = null;
        if (arriving) {
            long left = REQUEST_LIMIT.toNanos() - (ticker.nanoTime() - arrivingSince);
            if (left > 0) {
                lookIn(context, left);
            } else {
                end(context);
            }
        }
    }

    private void end(ChannelHandlerContext context) {
        ended = true;
        var unused = context.close();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest && !ended) {
            if (unanswered == 0) {
                decidedAfter = ticker.now();
            }
            unanswered++;
            if (unanswered > UNANSWERED || !context.channel().isWritable()) {
                end(context);
            }
        }
        if (ended) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof LastHttpContent) {
            arriving = false;
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            if (response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
                var unused = context.write(message, promise);
                return;
            }
            stream = !(message instanceof FullHttpResponse)
                    && response.headers().contains(HttpHeaderNames.CONTENT_TYPE, EventStreams.CONTENT_TYPE, true);
        } else if (stream && message instanceof HttpContent) {
            decidedAfter = eventDecidedAfter.get();
        }
        var unused = context.write(message, promise);
        if (message instanceof LastHttpContent) {
            stream = false;
            unanswered--;
            if (unanswered > 0) {
                // Only after this does Vert.x pass on the next request.
                decidedAfter = ticker.now();
            }
        }
    }
}
