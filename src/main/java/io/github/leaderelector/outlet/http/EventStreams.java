package io.github.leaderelector.outlet.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.answer.HolderAnswer;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Ticker;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Streams of server-sent events: the current leadership at once, then each change, until the client disconnects or the
 * process ends.
 *
 * <p>{@code GET /leader} sends two kinds of event with the same data, the JSON of {@link LeaderAnswer}:
 * {@code leadership} if anything except the time has changed, and {@code renewal} if the claim was renewed, because a
 * client that acts as leader must know the end of the claim. {@code GET /sse} sends a {@link HolderAnswer} without a
 * name, as {@code nais/elector} does.
 *
 * <p>Each event is made once, and the same bytes are written to all clients on the event loop that serves them. A
 * client that does not read is disconnected, to protect the memory and the other clients. Safe for use by many threads.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
@Singleton
public final class EventStreams implements LeadershipObserver {

    static final String CONTENT_TYPE = "text/event-stream";

    /** All other pods together may have this part of the number of streams of this pod, in addition. */
    private static final int OTHERS_PART = 4;

    /** A little less than ten seconds, so that the tenth tick counts even if it is early. */
    private static final Duration HEARTBEAT = Duration.ofMillis(9_500);

    /** How long a client waits before it reconnects. */
    private static final String RETRY = "retry: 1000\n";

    private final Buffer heartbeat = Buffer.buffer(": heartbeat\n\n");
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final ObjectMapper json;
    private final Context eventLoop;
    private final int maxStreams;
    private final int maxStreamsOfOthers;

    private final Clients leadershipClients = new Clients();
    private final Clients holderClients = new Clients();
    private final Set<HttpServerResponse> ofOthers = new HashSet<>();
    private Told told;
    private volatile Moment decidedAfter;
    private long id = 1;
    private Moment lastHeartbeat;
    private boolean closed;

    /**
     * The state that clients have been sent.
     *
     * @param renewed when the last renewal of our claim was sent; null without a claim
     */
    private record Told(
            LeaderAnswer answer,
            HolderAnswer holder,
            @Nullable Moment renewed) {

        static Told of(LeadershipHub hub, Ticker ticker) {
            LeadershipReading reading = LeadershipReading.of(hub, ticker);
            Leadership leadership = reading.leadership();
            Claim claim = leadership.claim();
            return new Told(
                    LeaderAnswer.of(leadership, reading.moment()),
                    HolderAnswer.of(leadership, reading.moment()),
                    claim == null ? null : claim.sent());
        }
    }

    /** Streams the state of {@code hub} to as many clients as {@code settings} allow. */
    public EventStreams(LeadershipHub hub, Ticker ticker, Settings settings, ObjectMapper json, Vertx vertx) {
        this.hub = hub;
        this.ticker = ticker;
        this.json = json;
        this.maxStreams = settings.maxStreams();
        this.maxStreamsOfOthers = (maxStreams + OTHERS_PART - 1) / OTHERS_PART;
        this.eventLoop = vertx.getOrCreateContext();
        this.lastHeartbeat = ticker.now();
        this.decidedAfter = lastHeartbeat;
        this.told = Told.of(hub, ticker);
    }

    /** The executor on which it must be called: the event loop, which writes to clients directly. */
    public Executor executor() {
        return task -> eventLoop.runOnContext(unused -> task.run());
    }

    void route(@Observes Router router) {
        router.route("/leader").method(HttpMethod.GET).method(HttpMethod.HEAD).handler(request -> {
            if (prefersEvents(request)) {
                open(request, leadershipClients);
            } else {
                request.next();
            }
        });
        router.route("/sse")
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(request -> open(request, holderClients));
    }

    /** Whether the client prefers events to JSON; with equal preference it gets JSON. */
    private static boolean prefersEvents(RoutingContext request) {
        for (MIMEHeader accepted : request.parsedHeaders().accept()) {
            if (includes(accepted, "application", "json")) {
                return false;
            }
            if (includes(accepted, "text", "event-stream")) {
                return true;
            }
        }
        return false;
    }

    /** Whether {@code accepted} allows {@code type/subtype}. */
    private static boolean includes(MIMEHeader accepted, String type, String subtype) {
        return accepted.weight() > 0
                && (accepted.component().equals("*") || accepted.component().equalsIgnoreCase(type))
                && (accepted.subComponent().equals("*")
                        || accepted.subComponent().equalsIgnoreCase(subtype));
    }

    private synchronized void open(RoutingContext request, Clients clients) {
        decidedAfter = ticker.now();
        HttpServerResponse response = request.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        boolean own = CallerCheck.ofThisPod(request.request().connection());
        int allowed = own ? maxStreams : maxStreamsOfOthers;
        if ((own ? open() - ofOthers.size() : ofOthers.size()) >= allowed) {
            response.setStatusCode(429)
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain")
                    .end("MAX_STREAMS allows " + allowed + " event streams at once from "
                            + (own ? "this pod" : "outside of this pod")
                            + ", and as many are open; ask GET /leader instead.\n");
            return;
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, CONTENT_TYPE);
        if (request.request().method().equals(HttpMethod.HEAD)) {
            response.end();
            return;
        }
        // First the other clients, if there is a change that they have not got, so that an id means the same to all.
        tell();
        response.closeHandler(gone -> forget(response));
        if (!own) {
            ofOthers.add(response);
        }
        clients.add(response, clients == leadershipClients ? event("leadership", RETRY) : holderEvent());
        if (closed) {
            clients.end();
        }
    }

    private synchronized void forget(HttpServerResponse client) {
        leadershipClients.remove(client);
        holderClients.remove(client);
        ofOthers.remove(client);
    }

    /**
     * The earliest moment at which the event that is being written can have been decided. Call it on the event loop.
     */
    Moment decidedAfter() {
        return decidedAfter;
    }

    /** The number of open streams. */
    public synchronized int open() {
        return leadershipClients.size() + holderClients.size();
    }

    /** Sends the changes since the last call, and a heartbeat if one is due. */
    @Override
    public synchronized void onLeadership(Leadership leadership) {
        decidedAfter = ticker.now();
        tell();
        Moment now = ticker.now();
        if (now.since(lastHeartbeat).compareTo(HEARTBEAT) >= 0) {
            lastHeartbeat = now;
            leadershipClients.send(() -> heartbeat);
            holderClients.send(() -> heartbeat);
        }
    }

    /** Sends the last state and ends all streams; a later client gets the state and the end. Returns at once. */
    public void close() {
        executor().execute(this::end);
    }

    private synchronized void end() {
        decidedAfter = ticker.now();
        tell();
        closed = true;
        leadershipClients.end();
        holderClients.end();
        ofOthers.clear();
    }

    private void tell() {
        Told before = told;
        // Read now, because a claim may have ended since the hub called.
        told = Told.of(hub, ticker);
        if (!told.answer().timeless().equals(before.answer().timeless())) {
            id++;
            leadershipClients.send(() -> event("leadership", ""));
        } else if (!Objects.equals(told.renewed(), before.renewed())) {
            id++;
            leadershipClients.send(() -> event("renewal", ""));
        }
        if (!told.holder().equals(before.holder())) {
            holderClients.send(this::holderEvent);
        }
    }

    private Buffer event(String name, String head) {
        return Buffer.buffer(head + "id: " + id + "\nevent: " + name + "\ndata: " + toJson(told.answer()) + "\n\n");
    }

    private Buffer holderEvent() {
        return Buffer.buffer("data: " + toJson(told.holder()) + "\n\n");
    }

    private String toJson(Object answer) {
        try {
            return json.writeValueAsString(answer);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
