package io.github.leaderelector.outlet.service;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.kubernetes.ApiRequest;
import io.github.leaderelector.kubernetes.ApiResponse;
import io.github.leaderelector.kubernetes.ApiWatch;
import io.github.leaderelector.kubernetes.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@link ServiceApi} by requests in JSON. Safe for use by many threads. */
final class JsonServiceApi implements ServiceApi {

    private final ApiClient api;
    private final String pod;
    private final String service;
    private final String corePath;
    private final String slicesPath;
    private final String selection;

    JsonServiceApi(ApiClient api, String namespace, String service, String pod) {
        this.api = api;
        this.pod = pod;
        this.service = service;
        this.corePath = "/api/v1/namespaces/" + namespace;
        this.slicesPath = "/apis/discovery.k8s.io/v1/namespaces/" + namespace + "/endpointslices";
        this.selection = slicesPath
                + "?labelSelector="
                + URLEncoder.encode(Slice.SERVICE_NAME + "=" + service, StandardCharsets.UTF_8);
    }

    @Override
    public CompletableFuture<JsonNode> pod() {
        return answer(ApiRequest.get("get Pod " + pod, corePath + "/pods/" + pod));
    }

    @Override
    public CompletableFuture<Optional<JsonNode>> service() {
        return ifThere(answer(ApiRequest.get("get Service " + service, corePath + "/services/" + service)));
    }

    @Override
    public CompletableFuture<Listed> slices(boolean fresh) {
        // Version 0 allows any state: the API server answers from its cache.
        String path = fresh ? selection : selection + "&resourceVersion=0";
        return answer(ApiRequest.get("list EndpointSlices of Service " + service, path))
                .thenApply(list -> {
                    List<Slice> slices = new ArrayList<>();
                    list.path("items").forEach(item -> slices.add(new Slice(item)));
                    return new Listed(
                            slices,
                            list.path("metadata").path("resourceVersion").asText());
                });
    }

    @Override
    public CompletableFuture<Optional<Slice>> slice(String name) {
        return ifThere(answer(ApiRequest.get("get EndpointSlice " + name, slicesPath + "/" + name)))
                .thenApply(found -> found.map(Slice::new));
    }

    @Override
    public CompletableFuture<Slice> create(Slice slice) {
        String what = "create EndpointSlice " + slice.name();
        return answer(ApiRequest.post(what, slicesPath, slice.json().toString()))
                .thenApply(Slice::new);
    }

    @Override
    public CompletableFuture<Slice> replace(Slice slice) {
        String what = "update EndpointSlice " + slice.name();
        return answer(ApiRequest.put(
                        what, slicesPath + "/" + slice.name(), slice.json().toString()))
                .thenApply(Slice::new);
    }

    @Override
    public CompletableFuture<Watch> watch(String version, WatchListener listener) {
        ApiWatch.Listener events = new ApiWatch.Listener() {
            @Override
            public void event(String json) {
                tell(json, listener);
            }

            @Override
            public void ended(String why) {
                listener.ended();
            }
        };
        String path = selection + "&watch=true&resourceVersion=" + version;
        return api.watch(ApiRequest.get("watch EndpointSlices of Service " + service, path), events)
                .thenApply(opened -> opened::close);
    }

    private static void tell(String json, WatchListener listener) {
        JsonNode event = Json.read(json);
        if (!event.isObject()) {
            // What was missed is not known: the listener looks again.
            listener.ended();
            return;
        }
        Slice slice = new Slice(event.path("object"));
        switch (event.path("type").asText()) {
            case "ADDED", "MODIFIED" -> listener.changed(slice);
            case "DELETED" -> listener.gone(slice);
            // The API server no longer knows this old version.
            case "ERROR" -> listener.ended();
            default -> {}
        }
    }

    private CompletableFuture<JsonNode> answer(ApiRequest request) {
        return api.send(request, "an object of Kubernetes", JsonServiceApi::object);
    }

    private static @Nullable JsonNode object(ApiResponse answer) {
        JsonNode json = answer.json();
        return json.hasNonNull("kind") ? json : null;
    }

    private static CompletableFuture<Optional<JsonNode>> ifThere(CompletableFuture<JsonNode> answer) {
        return answer.thenApply(Optional::of)
                .exceptionallyCompose(thrown -> ApiException.from(thrown).notFound()
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : CompletableFuture.failedFuture(thrown));
    }
}
