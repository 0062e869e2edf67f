package io.github.leaderelector.outlet.http;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Ticker;
import io.netty.channel.Channel;
import io.netty.channel.MessageSizeEstimator;
import io.quarkus.arc.Unremovable;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What holds for each connection, whatever is asked over it; what neither Quarkus nor Vert.x has a setting for.
 *
 * <ul>
 *   <li><b>Late answers.</b> A process that stood still, frozen or without a processor, goes on where it was: it would
 *       send an answer that it had decided before. By then another may lead. So the clocks are read once more
 *       immediately before the system call that sends: see {@link AnswerWriter} and {@link TimedBytes}.
 *   <li><b>Places.</b> The port is open to the whole cluster, the heap of this process is small, and the election must
 *       not end with it. Quarkus could bound all connections together: then one other pod shuts out the application of
 *       the own one, and the kubelet. See {@link Places}.
 *   <li><b>Time and pipelines.</b> A request that does not arrive within some seconds, and requests that arrive faster
 *       than their answers are read, end the connection: see {@link Conversation}.
 * </ul>
 *
 * <p>Netty's public API only, since there is no way through that of Vert.x. Safe for use by many threads.
 */
@Singleton
@Unremovable
final class Connections implements HttpServerOptionsCustomizer {

    /** From all other addresses together. */
    static final int OTHERS = 256;

    /** From one other address: of another pod, or of the node, from where the kubelet asks. */
    static final int PER_ADDRESS = 64;

    /** From the own pod, beside its event streams. */
    private static final int OWN = 256;

    /** A little longer than the usual pause between two scrapes; event streams have heartbeats. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    private final Places<Channel> places;
    private final Lateness lateness;
    private final EventStreams streams;
    private final Ticker ticker;
    private final MessageSizeEstimator sizes = TimedBytes.sizes();

    /** Lets the own pod have a connection for each event stream that {@code settings} allow, and some more. */
    Connections(Settings settings, LeadershipHub hub, EventStreams streams, Ticker ticker) {
        this.places = new Places<>(settings.maxStreams() + OWN, PER_ADDRESS, OTHERS);
        this.lateness = new Lateness(hub, ticker);
        this.streams = streams;
        this.ticker = ticker;
    }

    /** Called by Quarkus. Without HTTP/2: {@link Conversation} relies on answers in order. */
    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setHttp2ClearTextEnabled(false)
                .setIdleTimeout((int) IDLE.toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    /** Makes the rules hold for {@code connection}, which is accepted but not yet served. */
    void add(Channel connection) {
        places.enter(connection, otherAddress(connection)).forEach(Connections::close);
        connection.closeFuture().addListener(closed -> places.leave(connection));
        connection.config().setMessageSizeEstimator(sizes);
        connection.pipeline().addFirst(new AnswerWriter(new Conversation(ticker, streams::decidedAfter), lateness));
    }

    private static void close(Channel connection) {
        var unused = connection.close();
    }

    /** From where {@code connection} comes; null if from a program of the own pod. */
    private static @Nullable InetAddress otherAddress(Channel connection) {
        // Both are gone once the connection is.
        return connection.remoteAddress() instanceof InetSocketAddress remote
                        && connection.localAddress() instanceof InetSocketAddress local
                        && !(remote.getAddress().isLoopbackAddress()
                                && local.getAddress().isLoopbackAddress())
                ? remote.getAddress()
                : null;
    }
}
