package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** B3: requests that do not arrive, and answers that are not waited for. */
class ConnectionGuardTest {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    private static final Duration A_MOMENT = Duration.ofMillis(100);

    private final ManualTicker ticker = new ManualTicker();
    private EmbeddedChannel connection;
    private int requests;
    private boolean answering = true;

    @BeforeEach
    void connect() {
        LeadershipHub hub =
                new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
        connection = new EmbeddedChannel();
        connection.freezeTime();
        connection
                .pipeline()
                .addLast(
                        new AnswerWriter(new ConnectionGuard(ticker, ticker::now), new LateAnswerCheck(hub, ticker)),
                        new HttpRequestDecoder(),
                        new HttpResponseEncoder(),
                        new Application());
        connection.pipeline().fireChannelActive();
    }

    /** Counts requests, and answers them if it is to. */
    private final class Application extends SimpleChannelInboundHandler<HttpObject> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof LastHttpContent) {
                requests++;
                if (answering) {
                    var unused = context.writeAndFlush(answer());
                }
            }
        }
    }

    @AfterEach
    void disconnect() {
        connection.finishAndReleaseAll();
    }

    @Test
    void whoConnectsAndSendsNothingIsDisconnected() {
        pass(ConnectionGuard.REQUEST_LIMIT.minus(A_MOMENT));
        assertThat(connection.isOpen()).isTrue();

        pass(A_MOMENT);
        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void aClientThatSendsAHeaderByteByByteIsDisconnected() {
        send(REQUEST);
        pass(ConnectionGuard.REQUEST_LIMIT);
        send("GET / HTTP/1.1\r\nX-Slow: ");
        for (int second = 0; second < ConnectionGuard.REQUEST_LIMIT.toSeconds(); second++) {
            assertThat(connection.isOpen()).as("after %d s", second).isTrue();
            send("x");
            pass(Duration.ofSeconds(1));
        }

        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void aBodyThatDoesNotArriveIsNoRequest() {
        send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n");
        send("x".repeat(99));

        pass(ConnectionGuard.REQUEST_LIMIT);

        assertThat(connection.isOpen()).isFalse();
    }

    @Test
    void whoAsksNowAndThenStaysConnected() {
        for (int i = 0; i < 10; i++) {
            pass(ConnectionGuard.REQUEST_LIMIT.dividedBy(2));
            send(REQUEST);
            pass(ConnectionGuard.REQUEST_LIMIT.multipliedBy(2));
        }

        assertThat(connection.isOpen()).isTrue();
        assertThat(requests).isEqualTo(10);
    }

    @Test
    void whoWaitsForALongAnswerStaysConnected() {
        answering = false;
        send(REQUEST);

        pass(ConnectionGuard.REQUEST_LIMIT.multipliedBy(10));

        assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void moreUnansweredRequestsThanAllowedEndTheConnection() {
        answering = false;
        send(REQUEST.repeat(ConnectionGuard.UNANSWERED));
        assertThat(connection.isOpen()).isTrue();

        send(REQUEST.repeat(10));

        assertThat(connection.isOpen()).isFalse();
        assertThat(requests).isEqualTo(ConnectionGuard.UNANSWERED);
    }

    @Test
    void anInterimAnswerIsNoAnswer() {
        answering = false;
        send(REQUEST.repeat(ConnectionGuard.UNANSWERED));
        connection.writeOutbound(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));

        send(REQUEST);

        assertThat(connection.isOpen()).isFalse();
    }

    private void send(String text) {
        connection.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    }

    private void pass(Duration time) {
        ticker.advance(time);
        connection.advanceTimeBy(time.toNanos(), TimeUnit.NANOSECONDS);
        connection.runScheduledPendingTasks();
    }

    private static FullHttpResponse answer() {
        return new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NO_CONTENT);
    }
}
