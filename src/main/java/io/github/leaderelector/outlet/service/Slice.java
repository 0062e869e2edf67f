package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An EndpointSlice of the Service; immutable.
 *
 * @param json the whole object
 */
record Slice(JsonNode json) {

    static final String SERVICE_NAME = "kubernetes.io/service-name";
    static final String MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
    static final String MANAGER = "leader-elector.github.io";

    /** Labels of a Service that are not copied to its slices. */
    static final Set<String> RESERVED_LABELS = Set.of(SERVICE_NAME, MANAGED_BY, "service.kubernetes.io/headless");

    private static final String LEASE = "leader-elector.github.io/lease";
    private static final String TOKEN = "leader-elector.github.io/token";

    /** The condition of the endpoint. */
    enum Condition {
        /** Its pod leads. */
        SERVING,
        /** Its pod has stopped leading and finishes its work; no other pod leads meanwhile. */
        DRAINING,
    }

    String name() {
        return json.path("metadata").path("name").asText();
    }

    /** Its {@code resourceVersion}; 0 if that is no number. */
    long version() {
        return number(json.path("metadata").path("resourceVersion").asText());
    }

    /** The fencing token of the tenure that last wrote it; 0 if another writer has written it. */
    long token() {
        return number(json.path("metadata").path("annotations").path(TOKEN).asText());
    }

    private static long number(String text) {
        try {
            return Math.max(0, Long.parseLong(text));
        } catch (NumberFormatException foreign) {
            return 0;
        }
    }

    /** Its manager, by its label. */
    String manager() {
        return json.path("metadata").path("labels").path(MANAGED_BY).asText();
    }

    /** Whether it sends traffic anywhere. */
    boolean hasEndpoints() {
        return !json.path("endpoints").isEmpty();
    }

    /** Whether it sends traffic to the pod with that uid. */
    boolean leadsTo(String podUid) {
        for (JsonNode endpoint : json.path("endpoints")) {
            if (endpoint.path("targetRef").path("uid").asText().equals(podUid)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether it has the same content as {@code other}, without {@code kind} and {@code apiVersion}, which items of a
     * list do not have.
     */
    boolean saysTheSameAs(Slice other) {
        return withoutKind().equals(other.withoutKind());
    }

    private ObjectNode withoutKind() {
        ObjectNode copy = json.deepCopy();
        copy.remove(List.of("apiVersion", "kind"));
        return copy;
    }

    /** A copy without endpoints. */
    Slice without(Mark mark) {
        ObjectNode slice = json.deepCopy();
        annotate(slice, mark);
        slice.putArray("endpoints");
        return new Slice(slice);
    }

    /**
     * The slice of {@code family} that sends the traffic of {@code route} to its pod.
     *
     * @param found the slice that it replaces, whose other labels and annotations are kept; null if there is none
     */
    static Slice of(Route route, Family family, Condition condition, Mark mark, @Nullable Slice found) {
        ObjectNode slice = found == null
                ? JsonNodeFactory.instance.objectNode()
                : found.json().deepCopy();
        slice.put("apiVersion", "discovery.k8s.io/v1").put("kind", "EndpointSlice");
        ObjectNode metadata = slice.withObjectProperty("metadata");
        metadata.put("name", family.sliceName(route.service()));
        ObjectNode labels = metadata.withObjectProperty("labels");
        route.labels().forEach(labels::put);
        labels.put(SERVICE_NAME, route.service()).put(MANAGED_BY, MANAGER);
        annotate(slice, mark);
        // As Kubernetes' own controller does, except blockOwnerDeletion, which needs the permission to update the
        // Service's finalizers.
        metadata.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "Service")
                .put("name", route.service())
                .put("uid", route.serviceUid())
                .put("controller", true);
        slice.put("addressType", family.addressType());
        ObjectNode endpoint = slice.putArray("endpoints").addObject();
        fill(endpoint, route, String.valueOf(route.addresses().get(family)), condition);
        ArrayNode ports = slice.putArray("ports");
        route.ports().forEach(port -> fill(ports.addObject(), port));
        return new Slice(slice);
    }

    private static void annotate(ObjectNode slice, Mark mark) {
        slice.withObjectProperty("metadata")
                .withObjectProperty("annotations")
                .put(LEASE, mark.lease())
                .put(TOKEN, String.valueOf(mark.token()));
    }

    private static void fill(ObjectNode endpoint, Route route, String address, Condition condition) {
        OwnPod pod = route.pod();
        boolean draining = condition == Condition.DRAINING;
        endpoint.putArray("addresses").add(address);
        endpoint.putObject("conditions")
                .put("ready", !draining || route.notReadyToo())
                .put("serving", true)
                .put("terminating", draining);
        endpoint.putObject("targetRef")
                .put("kind", "Pod")
                .put("namespace", pod.namespace())
                .put("name", pod.name())
                .put("uid", pod.uid());
        putIfKnown(endpoint, "nodeName", pod.node());
        putIfKnown(endpoint, "zone", pod.zone());
    }

    private static void fill(ObjectNode json, Route.Port port) {
        json.put("name", port.name()).put("port", port.number()).put("protocol", port.protocol());
        putIfKnown(json, "appProtocol", port.appProtocol());
    }

    private static void putIfKnown(ObjectNode object, String name, @Nullable String value) {
        if (value != null) {
            object.put(name, value);
        }
    }
}
