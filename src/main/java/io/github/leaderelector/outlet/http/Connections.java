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
 * The limits of each HTTP connection for which Quarkus and Vert.x have no setting.
 *
 * <ul>
 *   <li><b>Late answers.</b> A process that was frozen, or had no processor, goes on where it stopped: it would send an
 *       answer that it decided before. Another replica may lead by then. So the clocks are read once more immediately
 *       before the system call that sends: see {@link AnswerWriter} and {@link TimedBytes}.
 *   <li><b>Number of connections.</b> The port is open to the whole cluster and the heap of this process is small.
 *       Quarkus could limit all connections together; but then one other pod could lock out this pod's application and
 *       the kubelet. See {@link ConnectionLimits}.
 *   <li><b>Time and pipelines.</b> The connection is closed if a request does not arrive within some seconds, or if
 *       requests arrive faster than the client reads the answers: see {@link ConnectionGuard}.
 * </ul>
 *
 * <p>Uses Netty's public API, because Vert.x has none for this. Safe for use by many threads.
 */
@Singleton
@Unremovable
final class Connections implements HttpServerOptionsCustomizer {

    /** The limit for all other addresses together. */
    static final int OTHERS = 256;

    /** The limit for one other address: of another pod, or of the node with the kubelet. */
    static final int PER_ADDRESS = 64;

    /** The limit for this pod, in addition to its event streams. */
    private static final int OWN = 256;

    /** Longer than the usual interval of scrapes; event streams have heartbeats. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    private final ConnectionLimits<Channel> limits;
    private final LateAnswerCheck lateAnswers;
    private final EventStreams streams;
    private final Ticker ticker;
    private final MessageSizeEstimator sizes = TimedBytes.sizes();

    /** Allows this pod a connection for each event stream that {@code settings} allow, and some more. */
    Connections(Settings settings, LeadershipHub hub, EventStreams streams, Ticker ticker) {
        this.limits = new ConnectionLimits<>(settings.maxStreams() + OWN, PER_ADDRESS, OTHERS);
        this.lateAnswers = new LateAnswerCheck(hub, ticker);
        this.streams = streams;
        this.ticker = ticker;
    }

    /** Called by Quarkus. Disables HTTP/2, because {@link ConnectionGuard} relies on answers in order. */
    @Override
    public void customizeHttpServer(HttpServerOptions options) {
        options.setHttp2ClearTextEnabled(false)
                .setIdleTimeout((int) IDLE.toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    /** Applies the limits to {@code connection}, which is accepted but not yet served. */
    void add(Channel connection) {
        limits.enter(connection, otherAddress(connection)).forEach(Connections::close);
        connection.closeFuture().addListener(closed -> limits.leave(connection));
        connection.config().setMessageSizeEstimator(sizes);
        connection
                .pipeline()
                .addFirst(new AnswerWriter(new ConnectionGuard(ticker, streams::decidedAfter), lateAnswers));
    }

    private static void close(Channel connection) {
        var unused = connection.close();
    }

    /** The remote address of {@code connection}; null if it is a program of this pod. */
    private static @Nullable InetAddress otherAddress(Channel connection) {
        // Both addresses are null after the connection is closed.
        return connection.remoteAddress() instanceof InetSocketAddress remote
                        && connection.localAddress() instanceof InetSocketAddress local
                        && !(remote.getAddress().isLoopbackAddress()
                                && local.getAddress().isLoopbackAddress())
                ? remote.getAddress()
                : null;
    }
}
