package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.github.leaderelector.kubernetes.ApiException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a watch tells, read as it comes: one JSON document for each event, in a message of its own or on a line of its
 * own. Tells of its end once, and of nothing after it. For one thread at a time but for {@link #close}.
 */
final class LeaseStream implements LeaseApi.Watch {

    private static final Logger LOG = Logger.getLogger(LeaseStream.class);

    private final KubernetesSerialization json;
    private final LeaseApi.WatchListener listener;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile Runnable hangUp = () -> {};

    /**
     * One event, as the API server sends it.
     *
     * @param type what happened
     * @param object to what; of an {@code ERROR}, a Status, whose message is among the properties that a Lease has not
     */
    @RegisterForReflection
    record Event(@Nullable String type, @Nullable Lease object) {}

    LeaseStream(KubernetesSerialization json, LeaseApi.WatchListener listener) {
        this.json = json;
        this.listener = listener;
    }

    /** Sets how the connection is closed. */
    void onHangUp(Runnable action) {
        hangUp = action;
    }

    /** A piece of a text whose lines are events. */
    void text(List<ByteBuffer> pieces) {
        for (ByteBuffer piece : pieces) {
            while (piece.hasRemaining()) {
                byte next = piece.get();
                if (next == '\n') {
                    event(line.toString(StandardCharsets.UTF_8));
                    line.reset();
                } else {
                    line.write(next);
                }
            }
        }
    }

    /** One event. */
    void event(String text) {
        if (ended.get() || text.isBlank()) {
            return;
        }
        Event event;
        try {
            event = json.unmarshal(text, Event.class);
        } catch (RuntimeException notJson) {
            broken("it said '" + text.substring(0, Math.min(text.length(), 100)) + "'");
            return;
        }
        told(event);
    }

    private void told(Event event) {
        String type = String.valueOf(event.type());
        Lease lease = event.object();
        if (lease == null) {
            broken("it told of nothing, by " + type);
            return;
        }
        switch (type) {
            case "ADDED", "MODIFIED" -> listener.changed(new LeaseDocument(lease));
            case "DELETED" -> listener.deleted(new LeaseDocument(lease));
            case "ERROR" ->
                broken(String.valueOf(lease.getAdditionalProperties().get("message")));
            default -> {}
        }
    }

    /** The connection was closed in order. */
    void ended() {
        end("The watch was closed.");
    }

    /** The connection is of no use any more. */
    void broken(String why) {
        end("The watch broke: " + why + ".");
    }

    private void end(String why) {
        if (ended.compareAndSet(false, true)) {
            hangUp();
            listener.closed(new ApiException(ApiException.NO_ANSWER, why, null));
        }
    }

    @Override
    public void close() {
        ended.set(true);
        hangUp();
    }

    private void hangUp() {
        try {
            hangUp.run();
        } catch (RuntimeException gone) {
            // Then there is nothing to hang up.
            LOG.debugf(gone, "The watch could not be closed");
        }
    }
}
