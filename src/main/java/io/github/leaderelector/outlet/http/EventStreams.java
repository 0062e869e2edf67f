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
 * Who leads, as streams of server-sent events: the state at once, then each change, until the client goes or the
 * process ends.
 *
 * <p>{@code GET /leader} sends two kinds of event with the same data, the JSON of {@link LeaderAnswer}: a
 * {@code leadership} when anything but the time has changed, and a {@code renewal} when the claim was renewed, because
 * a client that acts as leader must know until when. {@code GET /sse} sends a {@link HolderAnswer} without a name, as
 * {@code nais/elector} does.
 *
 * <p>Each event is made once, and the same bytes are written to all clients on the event loop that serves them. A
 * client that does not read what it is sent is cut off, so that neither memory nor other clients suffer. Safe for use
 * by many threads.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">Server-sent events</a>
 */
@Singleton
public final class EventStreams implements LeadershipObserver {

    static final String CONTENT_TYPE = "text/event-stream";

    /** The own pod has all places for itself; all others together have this part of as many beside. */
    private static final int OTHERS_PART = 4;

    /** A little less than ten seconds, so that of the ticks of a second the tenth counts, be it early. */
    private static final Duration HEARTBEAT = Duration.ofMillis(9_500);

    /** How long a client that lost its stream waits before it connects again. */
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
     * What clients are told.
     *
     * @param renewed when the write was sent that last renewed our claim; null while there is none
     */
    private record Told(
            LeaderAnswer answer,
            HolderAnswer holder,
            @Nullable Moment renewed) {

        static Told of(LeadershipHub hub, Ticker ticker) {
            Reading reading = Reading.of(hub, ticker);
            Leadership leadership = reading.leadership();
            Claim claim = leadership.claim();
            return new Told(
                    LeaderAnswer.of(leadership, reading.moment()),
                    HolderAnswer.of(leadership, reading.moment()),
                    claim == null ? null : claim.sent());
        }
    }

    /** Streams what {@code hub} says to as many clients as {@code settings} allow. */
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

    /** Where it wants to be told: on the event loop, which can write to clients without passing anything on. */
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

    /** Whether a client would rather have events than JSON; one that takes both alike gets JSON. */
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
        boolean own = Caller.ofThisPod(request.request().connection());
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
        // First the others, if there is a change that they have not been told: an id means the same to all.
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

    /** What is being written to the streams, at the moment of asking on the event loop, was decided no earlier. */
    Moment decidedAfter() {
        return decidedAfter;
    }

    /** How many streams are open. */
    public synchronized int open() {
        return leadershipClients.size() + holderClients.size();
    }

    /** Sends what has changed since the last call, and a heartbeat when it is time for one. */
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

    /** Sends the last state and ends all streams; who comes later gets the state and the end. Returns at once. */
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
        // Asked for now, since a claim may have ended after the hub began to tell.
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
