package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.Permission;
import io.github.leaderelector.kubernetes.PermissionCheck;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.LastingProblem;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Transition;
import io.github.leaderelector.text.ForeignText;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes Kubernetes Events on the Lease when this replica begins or stops leading, with the reason. {@code kubectl
 * describe lease} shows them. Created only if {@code KUBERNETES_EVENTS} is true.
 *
 * <p>Events are written from the changes that the hub remembers, one after the other, and not in the half second after
 * a change, when the handover needs the processor. An Event that cannot be delivered is tried again for as long as the
 * hub remembers the change. No method blocks. Safe for use by many threads.
 */
@Singleton
public final class LeaseEvents implements LeadershipObserver {

    private static final Logger LOG = Logger.getLogger(LeaseEvents.class);

    private static final String COMPONENT = "leader-elector";
    private static final Duration QUIET = Duration.ofMillis(500);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final int LONGEST_NAME = 230;
    private static final int LONGEST_MESSAGE = 1024;

    private static final Set<Reason.Code> AS_INTENDED = Set.of(Reason.Code.SHUTDOWN, Reason.Code.STEP_DOWN);

    private final Api api;
    private final LeadershipHub hub;
    private final Ticker ticker;
    private final Runnable permissionCheck;
    private final LastingProblem problem;
    private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    /** The last change that is finished: written, refused, or not ours. */
    private long done;

    private boolean sending;
    private long nextTryNanos;

    /** Present after {@link #flush}: completes when the remaining Events have been tried. */
    private @Nullable CompletableFuture<Void> flushed;

    /** Writes Events of the changes that {@code hub} remembers. */
    @Inject
    public LeaseEvents(Api api, LeadershipHub hub, Ticker ticker) {
        this.api = api;
        this.hub = hub;
        this.ticker = ticker;
        this.problem = new LastingProblem(ticker);
        this.nextTryNanos = ticker.nanoTime();
        this.permissionCheck = new PermissionCheck(
                api::ask,
                hub.current().lease().namespace(),
                List.of(new Permission("", "events", null, List.of("create"))),
                "KUBERNETES_EVENTS",
                ticker)::run;
    }

    /** Writes Events of the changes since the last call. */
    @Override
    public void onLeadership(Leadership leadership) {
        permissionCheck.run();
        sendNext();
    }

    /** Writes the remaining Events at once; completes when each has been tried. */
    public CompletableFuture<Void> flush() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        synchronized (this) {
            flushed = future;
        }
        sendNext();
        return future;
    }

    private synchronized void sendNext() {
        if (sending) {
            return;
        }
        for (Transition change : hub.transitions(done)) {
            if (isOurs(change)) {
                if (flushed != null || isDue(change)) {
                    sending = true;
                    var unused = write(change).whenComplete((answer, thrown) -> sent(change, thrown));
                }
                return;
            }
            done = change.sequence();
        }
        finish();
    }

    private boolean isDue(Transition change) {
        Moment now = ticker.now();
        return now.since(change.at()).compareTo(QUIET) >= 0 && now.nanos() - nextTryNanos >= 0;
    }

    private void finish() {
        if (flushed != null) {
            flushed.complete(null);
        }
    }

    private synchronized void sent(Transition change, @Nullable Throwable thrown) {
        sending = false;
        if (thrown == null) {
            problem.ended();
            backoff.reset();
        } else if (!(rootOf(thrown) instanceof ApiException failure) || !failure.refusedForGood()) {
            LOG.debugf("An Event could not be written: %s", ForeignText.of(thrown));
            nextTryNanos = ticker.nanoTime() + backoff.next().toNanos();
            finish();
            return;
        } else {
            refused(failure);
        }
        done = change.sequence();
        sendNext();
    }

    private void refused(ApiException failure) {
        // Three refusals are not logged: a missing permission was logged at the start; an Event that exists was
        // written by an earlier attempt; and a Lease that was deleted with its workload can have no Event.
        boolean worthSaying = !failure.forbidden()
                && failure.status() != HttpURLConnection.HTTP_CONFLICT
                && failure.status() != HttpURLConnection.HTTP_NOT_FOUND;
        String why = String.valueOf(failure.getMessage());
        if (worthSaying && problem.occurred(why)) {
            LOG.warnf("LE-505 A Kubernetes Event was refused: %s Nothing else depends on it.", why);
        }
    }

    private static Throwable rootOf(Throwable thrown) {
        return thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
    }

    private static boolean isOurs(Transition change) {
        return !Objects.equals(token(change.before()), token(change.after()));
    }

    private static @Nullable Long token(Leadership leadership) {
        Claim claim = leadership.claim();
        return claim == null ? null : claim.fencingToken();
    }

    private CompletableFuture<JsonNode> write(Transition change) {
        LeaseRef lease = change.after().lease();
        return api.get("/apis/coordination.k8s.io/v1/namespaces/" + lease.namespace() + "/leases/" + lease.name())
                .thenCompose(found -> api.send(
                        "POST",
                        "/api/v1/namespaces/" + lease.namespace() + "/events",
                        "application/json",
                        event(change, found.path("metadata").path("uid").asText())));
    }

    private static ObjectNode event(Transition change, String leaseUid) {
        Leadership after = change.after();
        Claim claim = after.claim();
        Instant at = change.at().wall();
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        event.put("apiVersion", "v1").put("kind", "Event");
        event.putObject("metadata").put("namespace", after.lease().namespace()).put("name", name(after.lease(), at));
        // kubectl finds the Lease's Events by these fields.
        event.putObject("involvedObject")
                .put("apiVersion", "coordination.k8s.io/v1")
                .put("kind", "Lease")
                .put("namespace", after.lease().namespace())
                .put("name", after.lease().name())
                .put("uid", leaseUid);
        event.put("type", claim != null || AS_INTENDED.contains(after.reason().code()) ? "Normal" : "Warning");
        event.put("reason", claim != null ? "LeaderElected" : "LeaderStopped");
        String message = claim != null
                ? after.identity() + " leads (term " + after.term() + ", token " + claim.fencingToken() + ")."
                : after.identity() + " no longer leads: " + after.reason().text();
        event.put("message", message.substring(0, Math.min(message.length(), LONGEST_MESSAGE)));
        event.putObject("source").put("component", COMPONENT);
        event.put("reportingComponent", COMPONENT).put("reportingInstance", after.identity());
        String time = at.truncatedTo(ChronoUnit.SECONDS).toString();
        event.put("firstTimestamp", time).put("lastTimestamp", time).put("count", 1);
        return event;
    }

    /** The same name at each attempt, so that an Event is not written twice; in the format of client-go. */
    private static String name(LeaseRef lease, Instant at) {
        String name = lease.name();
        return name.substring(0, Math.min(name.length(), LONGEST_NAME))
                + "."
                + Long.toHexString(ChronoUnit.NANOS.between(Instant.EPOCH, at));
    }
}
