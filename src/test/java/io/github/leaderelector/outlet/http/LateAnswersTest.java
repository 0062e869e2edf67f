package io.github.leaderelector.outlet.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.outlet.OutletDriver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.FileRegion;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A1: what says "I lead" and was decided too long ago is not sent. The network is played by the test: it takes the
 * bytes when the test says so, as the real one does when there is room.
 */
class LateAnswersTest {

    private static final Duration IN_TIME = Duration.ofMillis(500);
    private static final Duration LATE = Duration.ofMillis(501);
    private static final String REQUEST = "GET /leader HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
    private final OutletDriver driver = new OutletDriver(hub, ticker);
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private Moment eventDecidedAfter = ticker.now();
    private EmbeddedChannel connection;

    @BeforeEach
    void connect() {
        connection = new EmbeddedChannel(
                new AnswerWriter(
                        new ConnectionGuard(ticker, () -> eventDecidedAfter), new LateAnswerCheck(hub, ticker)),
                new HttpRequestDecoder(),
                new HttpResponseEncoder());
    }

    @AfterEach
    void disconnect() {
        connection.finishAndReleaseAll();
    }

    @Test
    void anAnswerThatIsSentInTimeIsSent() throws IOException {
        driver.lead();
        ask(1);
        answer("I lead");
        ticker.advance(IN_TIME);

        network(1_000);

        assertThat(sent.toString(StandardCharsets.UTF_8)).endsWith("\r\n\r\nI lead");
    }

    @Test
    void aLeadersAnswerThatIsLateIsNotSent() {
        driver.lead();
        ask(1);
        answer("I lead");
        ticker.advance(LATE);

        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
        assertThat(sent.size()).isZero();
    }

    @Test
    void theMomentOfDecisionCountsAndNotThatOfWriting() {
        driver.lead();
        ask(1);
        // A freeze between the decision and the first byte.
        ticker.advance(LATE);
        answer("I lead");

        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
        assertThat(sent.size()).isZero();
    }

    @Test
    void aSuspendedMachineStopsTheMonotonicClockOnly() {
        driver.lead();
        ask(1);
        answer("I lead");
        ticker.stepWall(LATE);

        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
        assertThat(sent.size()).isZero();
    }

    @Test
    void aClaimThatHasEndedMeanwhileIsNotForgotten() {
        driver.lead();
        ask(1);
        answer("I lead");
        driver.follow("pod-b");
        ticker.advance(LATE);

        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
    }

    @Test
    void whoHasNotLedSinceTheRequestMayBeLate() throws IOException {
        driver.lead();
        driver.follow("pod-b");
        ticker.advance(Duration.ofMillis(1));
        ask(1);
        answer("I do not lead");
        ticker.advance(Duration.ofSeconds(20));

        network(1_000);

        assertThat(sent.toString(StandardCharsets.UTF_8)).endsWith("I do not lead");
    }

    @Test
    void whatTheNetworkDidNotTakeAtFirstIsLookedAtAgain() throws IOException {
        driver.lead();
        ask(1);
        answer("I lead");
        FileRegion rest = network(10);
        assertThat(sent.size()).isEqualTo(10);
        ticker.advance(LATE);

        assertThatThrownBy(() -> transfer(rest, 1_000)).isInstanceOf(IOException.class);
        assertThat(sent.size()).isEqualTo(10);
        rest.release();
    }

    @Test
    void inAPipelineTheTimeOfAnAnswerBeginsWithTheEndOfTheOneBefore() throws IOException {
        driver.lead();
        ask(3);
        answer("first");
        network(1_000);
        ticker.advance(IN_TIME);
        answer("second");
        network(1_000);
        ticker.advance(IN_TIME);
        answer("third");
        network(1_000);

        assertThat(sent.toString(StandardCharsets.UTF_8)).contains("first", "second", "third");
    }

    @Test
    void whatIsFlushedAtOnceIsAsOldAsTheFirstAnswerInIt() {
        driver.lead();
        ask(2);
        write("I lead");
        ticker.advance(LATE);
        answer("I lead, too");

        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
        assertThat(sent.size()).isZero();
    }

    @Test
    void anEventIsAsOldAsItsDecisionAndNotAsItsStream() throws IOException {
        driver.lead();
        ask(1);
        DefaultHttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        head.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream")
                .set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        var unused = connection.writeAndFlush(head);
        network(1_000);

        ticker.advance(Duration.ofSeconds(60));
        driver.lead();
        eventDecidedAfter = ticker.now();
        var unusedRenewal = connection.writeAndFlush(new DefaultHttpContent(utf8("event: renewal")));
        network(1_000);
        assertThat(sent.toString(StandardCharsets.UTF_8)).contains("event: renewal");

        ticker.advance(LATE);
        var unusedEvent = connection.writeAndFlush(new DefaultHttpContent(utf8("event: another")));
        assertThatThrownBy(() -> network(1_000)).isInstanceOf(IOException.class);
        assertThat(sent.toString(StandardCharsets.UTF_8)).doesNotContain("another");
    }

    @Test
    void unsentBytesCountForAClientThatDoesNotRead() {
        ask(1);
        answer("x".repeat(10_000));
        FileRegion region = connection.readOutbound();

        assertThat(TimedBytes.sizes().newHandle().size(region)).isEqualTo((int) region.count());
        assertThat(region.count()).isGreaterThan(10_000);
        region.release();
    }

    private void ask(int times) {
        connection.writeInbound(utf8(REQUEST.repeat(times)));
    }

    private void answer(String body) {
        write(body);
        connection.flush();
    }

    private void write(String body) {
        DefaultFullHttpResponse answer =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, utf8(body));
        answer.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes());
        var unused = connection.write(answer);
    }

    private static ByteBuf utf8(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
    }

    /** The network has room for {@code room} bytes of the next message; returns it, for what is left. */
    private FileRegion network(int room) throws IOException {
        FileRegion region = connection.readOutbound();
        boolean done = false;
        try {
            transfer(region, room);
            done = region.transferred() == region.count();
        } catch (IOException refused) {
            done = true;
            throw refused;
        } finally {
            if (done) {
                region.release();
            }
        }
        return region;
    }

    private void transfer(FileRegion region, int room) throws IOException {
        region.transferTo(new Network(room), region.transferred());
    }

    /** Takes a number of bytes, and keeps them in {@link #sent}. */
    private final class Network implements WritableByteChannel {

        private final int room;

        private Network(int room) {
            this.room = room;
        }

        @Override
        public int write(ByteBuffer from) {
            int taken = Math.min(room, from.remaining());
            for (int i = 0; i < taken; i++) {
                sent.write(from.get());
            }
            return taken;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // Nothing to close.
        }
    }
}
