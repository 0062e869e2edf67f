package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.leaderelector.config.PodLabel;
import io.github.leaderelector.kubernetes.ApiException;
import java.net.HttpURLConnection;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** {@link Pods} by requests to the API server. Safe for use by many threads. */
final class LabelledPods implements Pods {

    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final Api api;
    private final String collection;
    private final PodLabel label;

    LabelledPods(Api api, String namespace, PodLabel label) {
        this.api = api;
        this.collection = "/api/v1/namespaces/" + namespace + "/pods";
        this.label = label;
    }

    @Override
    public Optional<Pod> find(String name) throws ApiException {
        try {
            return Optional.of(pod(answer(api.get(collection + "/" + name))));
        } catch (ApiException failure) {
            if (failure.status() == HttpURLConnection.HTTP_NOT_FOUND) {
                return Optional.empty();
            }
            throw failure;
        }
    }

    @Override
    public List<Pod> labelled() throws ApiException {
        String selector = URLEncoder.encode(label.toString(), StandardCharsets.UTF_8);
        List<Pod> pods = new ArrayList<>();
        answer(api.get(collection + "?labelSelector=" + selector)).path("items").forEach(item -> pods.add(pod(item)));
        return pods;
    }

    private Pod pod(JsonNode json) {
        JsonNode metadata = json.path("metadata");
        JsonNode mark = metadata.path("annotations").path(label.key());
        return new Pod(
                metadata.path("name").asText(),
                metadata.path("uid").asText(),
                metadata.path("resourceVersion").asText(),
                label.value().equals(metadata.path("labels").path(label.key()).asText(null)),
                mark.asText(null),
                workload(metadata));
    }

    private static @Nullable String workload(JsonNode metadata) {
        for (JsonNode owner : metadata.path("ownerReferences")) {
            if (owner.path("controller").asBoolean()) {
                String name = owner.path("name").asText();
                // The Deployment that owns the ReplicaSet, found without reading ReplicaSets.
                String hash =
                        "-" + metadata.path("labels").path("pod-template-hash").asText("\n");
                return owner.path("kind").asText()
                        + "/"
                        + (name.endsWith(hash) ? name.substring(0, name.length() - hash.length()) : name);
            }
        }
        return null;
    }

    @Override
    public Pod label(String name, @Nullable String uid, String mark) throws ApiException {
        ObjectNode metadata = metadata(uid);
        metadata.putObject("labels").put(label.key(), label.value());
        metadata.putObject("annotations").put(label.key(), mark);
        return patch(name, metadata);
    }

    @Override
    public void unlabel(String name, @Nullable String uid) throws ApiException {
        Pod unused = patch(name, withoutLabel(metadata(uid)));
    }

    @Override
    public void unlabel(Pod pod) throws ApiException {
        Pod unused = patch(pod.name(), withoutLabel(metadata(pod.uid()).put("resourceVersion", pod.version())));
    }

    private static ObjectNode metadata(@Nullable String uid) {
        ObjectNode metadata = JsonNodeFactory.instance.objectNode();
        return uid == null ? metadata : metadata.put("uid", uid);
    }

    private ObjectNode withoutLabel(ObjectNode metadata) {
        metadata.putObject("labels").putNull(label.key());
        metadata.putObject("annotations").putNull(label.key());
        return metadata;
    }

    private Pod patch(String name, ObjectNode metadata) throws ApiException {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.set("metadata", metadata);
        return pod(answer(api.send("PATCH", collection + "/" + name, MERGE_PATCH, patch)));
    }

    private static JsonNode answer(CompletableFuture<JsonNode> answer) throws ApiException {
        try {
            return answer.get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof ApiException known) {
                throw known;
            }
            throw new IllegalStateException(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ApiException(ApiException.NO_ANSWER, "this process is ending", null);
        }
    }
}
