package io.github.leaderelector.election;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.ApiWatch;
import io.github.leaderelector.text.ForeignText;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a watch tells, read as it comes: one JSON document for each event. Tells of its end once, and of nothing after
 * it. For one thread at a time but for {@link #close}.
 */
final class LeaseStream implements LeaseApi.Watch, ApiWatch.Listener {

    private static final Logger LOG = Logger.getLogger(LeaseStream.class);

    private final KubernetesSerialization json;
    private final LeaseApi.WatchListener listener;
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
        @Nullable Event event = null;
        try {
            event = json.unmarshal(text, Event.class);
        } catch (RuntimeException notJson) {
            LOG.debugf("Not an event: %s", ForeignText.of(notJson));
        }
        if (event == null) {
            broken("it said '" + ForeignText.of(text) + "'");
        } else {
            told(event);
        }
    }

    private void told(Event event) {
        String type = String.valueOf(event.type());
        Lease lease = event.object();
        if (lease == null) {
            broken("it told of nothing, by " + ForeignText.name(type));
            return;
        }
        switch (type) {
            case "ADDED", "MODIFIED" -> listener.changed(new LeaseDocument(lease));
            case "DELETED" -> listener.deleted(new LeaseDocument(lease));
            case "ERROR" ->
                broken(ForeignText.of(
                        String.valueOf(lease.getAdditionalProperties().get("message"))));
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
