package io.github.leaderelector.outlet.http;

import io.netty.bootstrap.ChannelInitializerExtension;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.util.ReferenceCountUtil;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.impl.VertxHandler;

/**
 * Answers what is not HTTP, or too long to be read, with its status and one sentence; Vert.x would send the status
 * alone. Hangs up on who asks on and on without reading the answers; Vert.x would keep them all.
 *
 * <p>Vert.x has a handler for that, but Quarkus does not show us the server before it listens. So this joins in where
 * Netty makes the connections: {@link #enable()} must be called before the first. Safe for use by many threads.
 */
// The service loader makes it.
@RegisterForReflection(methods = false, fields = false)
public final class UnreadableRequests extends ChannelInitializerExtension {

    static final String NOT_HTTP = "This is not a request as HTTP/1.1 has it.";

    /** Called by {@link java.util.ServiceLoader}. */
    public UnreadableRequests() {}

    /** Lets Netty look for this class, and Quarkus leave paths that are not encoded to {@link Refusals}. */
    public static void enable() {
        System.setProperty(EXTENSIONS_SYSTEM_PROPERTY, "serviceload");
        System.setProperty("vertx.disableURIValidation", "true");
    }

    @Override
    public void postInitializeServerChildChannel(Channel connection) {
        connection.pipeline().addLast(new Introduction());
    }

    private static void answer(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        if (cause instanceof TooLongHttpLineException) {
            Refusals.refuse(request.response(), 414, "The path and the query are too long.");
        } else if (cause instanceof TooLongHttpHeaderException) {
            Refusals.refuse(request.response(), 431, "The headers are too long.");
        } else {
            Refusals.refuse(request.response(), 400, NOT_HTTP);
        }
    }

    /**
     * Ends when a client has asked {@value #UNANSWERED} times without waiting for an answer, or asks again while more
     * lies ready for it than the network takes. For one connection, on its event loop.
     */
    private static final class Patience extends ChannelDuplexHandler {

        private static final int UNANSWERED = 100;

        private int unanswered;
        private boolean hungUp;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest && !hungUp) {
                unanswered++;
                hungUp = unanswered > UNANSWERED || !context.channel().isWritable();
                if (hungUp) {
                    var unused = context.close();
                }
            }
            if (hungUp) {
                ReferenceCountUtil.release(message);
            } else {
                context.fireChannelRead(message);
            }
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            if (message instanceof LastHttpContent) {
                unanswered--;
            }
            var unused = context.write(message, promise);
        }
    }

    /** Tells the connection, once its parts are together and before it reads, who answers what it cannot read. */
    private static final class Introduction extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            VertxHandler<?> vertx = context.pipeline().get(VertxHandler.class);
            if (vertx != null && vertx.getConnection() instanceof HttpServerConnection connection) {
                connection.invalidRequestHandler(UnreadableRequests::answer);
                String name = context.pipeline().context(vertx).name();
                context.pipeline().addBefore(name, null, new Patience());
            }
            context.pipeline().remove(this);
            context.fireChannelActive();
        }
    }
}
