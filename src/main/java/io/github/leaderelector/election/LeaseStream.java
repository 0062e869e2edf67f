package io.github.leaderelector.election;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.ApiWatch;
import io.github.leaderelector.kubernetes.Json;
import io.github.leaderelector.text.ForeignText;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * What a watch tells, read as it comes: one JSON document for each event. Tells of its end once, and of nothing after
 * it. For one thread at a time but for {@link #close}.
 */
final class LeaseStream implements LeaseApi.Watch, ApiWatch.Listener {

    private static final Logger LOG = Logger.getLogger(LeaseStream.class);

    private final LeaseApi.WatchListener listener;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile Runnable hangUp = () -> {};

    LeaseStream(LeaseApi.WatchListener listener) {
        this.listener = listener;
    }

    /** Sets how the connection is closed; if the watch has ended already, that happens now. */
    void onHangUp(Runnable action) {
        hangUp = action;
        if (ended.get()) {
            hangUp();
        }
    }

    @Override
    public void event(String text) {
        if (ended.get() || text.isBlank()) {
            return;
        }
        JsonNode event = Json.read(text);
        if (event.isObject()) {
            told(event);
        } else {
            broken("it said '" + ForeignText.of(text) + "'");
        }
    }

    private void told(JsonNode event) {
        String type = event.path("type").asText();
        JsonNode object = event.path("object");
        if (!object.isObject()) {
            broken("it told of nothing, by " + ForeignText.name(type));
            return;
        }
        switch (type) {
            case "ADDED", "MODIFIED" -> listener.changed(new LeaseDocument(object));
            case "DELETED" -> listener.deleted(new LeaseDocument(object));
            // Its object is a Status.
            case "ERROR" -> broken(ForeignText.of(object.path("message").asText("an error without a message")));
            default -> {}
        }
    }

    @Override
    public void ended(String why) {
        end(why);
    }

    /** The connection is broken: no answer comes over it any more. */
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
