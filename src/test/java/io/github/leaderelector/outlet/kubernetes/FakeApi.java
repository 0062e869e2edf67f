package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.leaderelector.kubernetes.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** An API server in memory: keeps what is posted, and fails or keeps silent as it is told. */
final class FakeApi implements Api {

    static final String LEASE_UID = "uid-of-the-lease";

    /** The POSTed objects that arrived, in order. */
    final List<JsonNode> posted = new ArrayList<>();

    /** The requests, such as {@code POST /api/v1/namespaces/prod/events}. */
    final List<String> requests = new ArrayList<>();

    /** The answer to a POST, by its path and body. */
    BiFunction<String, JsonNode, JsonNode> answer = (path, body) -> body;

    private final List<Runnable> held = new ArrayList<>();
    private Optional<ApiException> failure = Optional.empty();
    private boolean holding;

    /** From now on every POST fails; {@link ApiException#NO_ANSWER} for no answer. */
    void fail(int status) {
        failure = Optional.of(new ApiException(status, "status " + status + ".", null));
    }

    void work() {
        failure = Optional.empty();
    }

    /** From now on nothing is answered before {@link #release}. */
    void hold() {
        holding = true;
    }

    /** Answers what was held back, and from now on at once. */
    void release() {
        holding = false;
        List<Runnable> waiting = List.copyOf(held);
        held.clear();
        waiting.forEach(Runnable::run);
    }

    List<String> posts() {
        return requests.stream().filter(r -> r.startsWith("POST")).toList();
    }

    @Override
    public CompletableFuture<JsonNode> get(String path) {
        requests.add("GET " + path);
        JsonNode lease = JsonNodeFactory.instance
                .objectNode()
                .set("metadata", JsonNodeFactory.instance.objectNode().put("uid", LEASE_UID));
        return CompletableFuture.completedFuture(lease);
    }

    @Override
    public CompletableFuture<JsonNode> send(String method, String path, String contentType, JsonNode body) {
        requests.add(method + " " + path);
        CompletableFuture<JsonNode> future = new CompletableFuture<>();
        Runnable reply = () -> failure.ifPresentOrElse(future::completeExceptionally, () -> {
            posted.add(body);
            future.complete(answer.apply(path, body));
        });
        if (holding) {
            held.add(reply);
        } else {
            reply.run();
        }
        return future;
    }

    @Override
    public CompletableFuture<JsonNode> ask(JsonNode review) {
        return send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "application/json", review);
    }
}
