package io.github.leaderelector.kubernetes;

import org.jspecify.annotations.Nullable;

/**
 * A request to the API server.
 *
 * @param what verb and object in words for people, such as {@code update Lease prod/app-lock}
 * @param method the HTTP method
 * @param path path and query, beginning with a slash
 * @param contentType of the body; null without one
 * @param body JSON; null for none
 */
public record ApiRequest(
        String what,
        String method,
        String path,
        @Nullable String contentType,
        @Nullable String body) {

    private static final String JSON = "application/json";

    /** A read. */
    public static ApiRequest get(String what, String path) {
        return new ApiRequest(what, "GET", path, null, null);
    }

    /** A creation. */
    public static ApiRequest post(String what, String path, String json) {
        return new ApiRequest(what, "POST", path, JSON, json);
    }

    /** A replacement. */
    public static ApiRequest put(String what, String path, String json) {
        return new ApiRequest(what, "PUT", path, JSON, json);
    }

    /** A change of a part, by a merge patch. */
    public static ApiRequest mergePatch(String what, String path, String json) {
        return new ApiRequest(what, "PATCH", path, "application/merge-patch+json", json);
    }
}
