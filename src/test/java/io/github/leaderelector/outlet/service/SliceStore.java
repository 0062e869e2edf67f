package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The EndpointSlices and the Service that an API server keeps, with its rules: versions, conflicts, watches. */
final class SliceStore {

    static final ObjectMapper JSON = new ObjectMapper();

    private final Map<String, ObjectNode> slices = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final List<Consumer<Change>> watchers = new ArrayList<>();
    private Optional<JsonNode> service;
    private long version = 100;

    /** Whether a write must be based on the present version. */
    boolean comparesVersions = true;

    /** A change of a slice; {@code before} and {@code after} are null if there is none. */
    record Change(long version, Slice before, Slice after) {}

    SliceStore(JsonNode service) {
        this.service = Optional.of(service);
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    /** Leases have versions of the same sequence. */
    long nextVersion() {
        return ++version;
    }

    Optional<JsonNode> service() {
        return service;
    }

    void service(JsonNode changed) {
        service = Optional.ofNullable(changed);
    }

    Optional<Slice> slice(String name) {
        return Optional.ofNullable(slices.get(name)).map(json -> new Slice(json.deepCopy()));
    }

    ServiceApi.Listed list(String serviceName) {
        return new ServiceApi.Listed(
                slices.values().stream()
                        .map(json -> new Slice(json.deepCopy()))
                        .filter(slice -> isOf(slice, serviceName))
                        .toList(),
                String.valueOf(version));
    }

    static boolean isOf(Slice slice, String serviceName) {
        return slice.json()
                .path("metadata")
                .path("labels")
                .path(Slice.SERVICE_NAME)
                .asText()
                .equals(serviceName);
    }

    Slice create(Slice slice) {
        if (slices.containsKey(slice.name())) {
            throw new ApiException(409, "already exists", null);
        }
        return store(slice);
    }

    Slice replace(Slice slice) {
        Slice present = slice(slice.name()).orElseThrow(() -> new ApiException(404, "not found", null));
        if (comparesVersions && present.version() != slice.version()) {
            throw new ApiException(409, "the object has been modified", null);
        }
        ObjectNode same = slice.json().deepCopy();
        same.withObjectProperty("metadata").put("resourceVersion", String.valueOf(present.version()));
        return same.equals(present.json()) ? present : store(slice);
    }

    private Slice store(Slice slice) {
        ObjectNode stored = slice.json().deepCopy();
        stored.withObjectProperty("metadata").put("resourceVersion", String.valueOf(nextVersion()));
        Slice before = slice(slice.name()).orElse(null);
        slices.put(slice.name(), stored);
        changed(new Change(version, before, new Slice(stored.deepCopy())));
        return new Slice(stored.deepCopy());
    }

    /** What somebody does by hand. */
    void edit(String name, Consumer<ObjectNode> edit) {
        ObjectNode changed = slices.get(name).deepCopy();
        edit.accept(changed);
        store(new Slice(changed));
    }

    /** What somebody does by hand. */
    void delete(String name) {
        ObjectNode removed = slices.remove(name);
        removed.withObjectProperty("metadata").put("resourceVersion", String.valueOf(nextVersion()));
        changed(new Change(version, new Slice(removed), null));
    }

    private void changed(Change change) {
        changes.add(change);
        List.copyOf(watchers).forEach(watcher -> watcher.accept(change));
    }

    /** Tells {@code watcher} what has changed since {@code from}, and what will. */
    void watch(long from, Consumer<Change> watcher) {
        changes.stream().filter(change -> change.version() > from).toList().forEach(watcher);
        watchers.add(watcher);
    }

    void unwatch(Consumer<Change> watcher) {
        watchers.remove(watcher);
    }

    /** All changes so far. */
    List<Change> changes() {
        return changes;
    }
}
