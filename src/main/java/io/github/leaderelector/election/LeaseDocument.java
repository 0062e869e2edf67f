package io.github.leaderelector.election;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.leadership.LeaseRef;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A Lease as the API server stores it, read without stumbling over what is missing in it.
 *
 * <p>A tree of JSON rather than an object with a field for each property: the whole of it is kept, also what a newer
 * Kubernetes adds, and a process that has just started reads and writes it faster.
 *
 * <p>Immutable as long as nobody changes the wrapped tree, which this class never hands out for that. Changed copies
 * keep all metadata and all fields of the spec that they are not about.
 */
public final class LeaseDocument {

    /** The annotation that carries {@link #successor}. */
    static final String SUCCESSOR = "leader-elector.github.io/successor";

    /** The annotation that carries {@link #workload}. */
    static final String WORKLOAD = "leader-elector.github.io/workload";

    private static final String METADATA = "metadata";
    private static final String ANNOTATIONS = "annotations";
    private static final String SPEC = "spec";
    private static final String HOLDER = "holderIdentity";
    private static final String DURATION = "leaseDurationSeconds";
    private static final String ACQUIRED = "acquireTime";
    private static final String RENEWED = "renewTime";
    private static final String TRANSITIONS = "leaseTransitions";

    /** Kubernetes' MicroTime. */
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final JsonNode lease;

    /** Wraps {@code lease}, which must not be changed afterwards. */
    public LeaseDocument(JsonNode lease) {
        this.lease = lease;
    }

    /** A Lease that is yet to be created and held by nobody. */
    static LeaseDocument initial(LeaseRef ref) {
        ObjectNode lease = JsonNodeFactory.instance
                .objectNode()
                .put("apiVersion", "coordination.k8s.io/v1")
                .put("kind", "Lease");
        lease.putObject(METADATA).put("namespace", ref.namespace()).put("name", ref.name());
        lease.putObject(SPEC);
        return new LeaseDocument(lease);
    }

    /** The wrapped tree, for sending; not to be changed. */
    public JsonNode toJson() {
        return lease;
    }

    /** Whether it is one that an API server has stored. */
    boolean isStored() {
        return metadata("resourceVersion") != null;
    }

    /**
     * Its {@code resourceVersion} as a number, which since Kubernetes 1.35 is promised to be comparable; 0 when it has
     * none yet.
     */
    public long version() {
        String text = metadata("resourceVersion");
        try {
            return text == null ? 0 : Long.parseLong(text);
        } catch (NumberFormatException opaque) {
            return 0;
        }
    }

    /** Who holds it; null when nobody does. */
    public @Nullable String holder() {
        return text(spec().path(HOLDER));
    }

    /** Its {@code leaseDurationSeconds}, or {@code otherwise} when there is none that makes sense. */
    public Duration duration(Duration otherwise) {
        int seconds = number(DURATION).orElse(0);
        return seconds < 1 ? otherwise : Duration.ofSeconds(seconds);
    }

    /** Its {@code leaseTransitions}; 0 when missing. */
    public int term() {
        return number(TRANSITIONS).orElse(0);
    }

    /** Its {@code renewTime}, by the holder's wall clock; null when missing. */
    public @Nullable Instant renewTime() {
        return time(RENEWED);
    }

    /** Its {@code acquireTime}, by the holder's wall clock; null when missing. */
    public @Nullable Instant acquireTime() {
        return time(ACQUIRED);
    }

    private @Nullable Instant time(String field) {
        String time = text(spec().path(field));
        try {
            return time == null ? null : OffsetDateTime.parse(time).toInstant();
        } catch (DateTimeException notATime) {
            return null;
        }
    }

    private OptionalInt number(String field) {
        JsonNode number = spec().path(field);
        return number.canConvertToInt() ? OptionalInt.of(number.intValue()) : OptionalInt.empty();
    }

    /**
     * Whether nobody holds it because its holder released it: by the convention of client-go, which this project
     * follows, an empty holder and a duration of one second. An empty holder alone may be the work of somebody else
     * while the holder still believes.
     */
    boolean released() {
        return holder() == null && number(DURATION).orElse(Integer.MAX_VALUE) <= 1;
    }

    /** Whether {@code other} is the same object in the same state, its metadata aside. */
    boolean sameState(LeaseDocument other) {
        return Objects.equals(uid(), other.uid()) && spec().equals(other.spec());
    }

    /** The candidate whose turn is next, see {@link Succession}; null when there is none. */
    @Nullable
    String successor() {
        return annotation(SUCCESSOR);
    }

    /** The workload that the holder belongs to, see {@link WorkloadMark}; null when it is not known. */
    @Nullable
    String workload() {
        return annotation(WORKLOAD);
    }

    private @Nullable String annotation(String key) {
        return text(lease.path(METADATA).path(ANNOTATIONS).path(key));
    }

    /** A copy that names {@code successor} as the next. */
    LeaseDocument withSuccessor(String successor) {
        return annotated(SUCCESSOR, Optional.of(successor));
    }

    /** A copy that names nobody as the next. */
    LeaseDocument withoutSuccessor() {
        return annotated(SUCCESSOR, Optional.empty());
    }

    /** A copy that is marked with {@code workload}, or not marked. */
    LeaseDocument withWorkload(Optional<String> workload) {
        return annotated(WORKLOAD, workload);
    }

    private LeaseDocument annotated(String key, Optional<String> value) {
        ObjectNode copy = copy();
        ObjectNode annotations = child(child(copy, METADATA), ANNOTATIONS);
        value.ifPresentOrElse(text -> annotations.put(key, text), () -> annotations.remove(key));
        return new LeaseDocument(copy);
    }

    /** A copy held by {@code holder}. */
    LeaseDocument heldBy(String holder, Duration duration, Instant acquireTime, Instant renewTime, int term) {
        ObjectNode copy = copy();
        child(copy, SPEC)
                .put(HOLDER, holder)
                .put(DURATION, Math.toIntExact(duration.toSeconds()))
                .put(ACQUIRED, TIME.format(acquireTime))
                .put(RENEWED, TIME.format(renewTime))
                .put(TRANSITIONS, term);
        return new LeaseDocument(copy);
    }

    /**
     * A copy that its holder has released. The times stay, because stock Fabric8 clients on the same Lease fail for
     * good on one without.
     */
    LeaseDocument releasedAt(Instant renewTime) {
        ObjectNode copy = copy();
        child(copy, SPEC).put(HOLDER, "").put(DURATION, 1).put(RENEWED, TIME.format(renewTime));
        return new LeaseDocument(copy);
    }

    private ObjectNode copy() {
        ObjectNode copy = lease.isObject() ? lease.deepCopy() : JsonNodeFactory.instance.objectNode();
        // They are the server's; sending them back asks it to merge them for nothing.
        child(copy, METADATA).remove("managedFields");
        return copy;
    }

    /** The object in {@code parent} by that name; a new one if there is none. */
    private static ObjectNode child(ObjectNode parent, String name) {
        return parent.get(name) instanceof ObjectNode known ? known : parent.putObject(name);
    }

    /** What tells it from another of the same name; null when it has none yet. */
    @Nullable
    String uid() {
        return metadata("uid");
    }

    private @Nullable String metadata(String field) {
        return text(lease.path(METADATA).path(field));
    }

    private JsonNode spec() {
        return lease.path(SPEC);
    }

    /** What is written there; null if it is nothing, or no text. */
    private static @Nullable String text(JsonNode node) {
        String text = node.textValue();
        return text == null || text.isEmpty() ? null : text;
    }
}
