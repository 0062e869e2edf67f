package io.github.leaderelector.outlet.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.kubernetes.ApiException;
import java.util.concurrent.CompletableFuture;

/** Requests to the API server, in JSON. Its methods do not block. */
interface Api {

    /** The answer to GET {@code path}. Fails with an {@link ApiException}. */
    CompletableFuture<JsonNode> get(String path);

    /**
     * The answer to {@code method} on {@code path}. The request may be sent more than once, so it must be idempotent.
     * Fails with an {@link ApiException}.
     */
    CompletableFuture<JsonNode> send(String method, String path, String contentType, JsonNode body);

    /** The answer to {@code review}, a SelfSubjectAccessReview. */
    CompletableFuture<JsonNode> ask(JsonNode review);
}
