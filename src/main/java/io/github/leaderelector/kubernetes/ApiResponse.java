package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP answer, from the API server or from a proxy in front of it.
 *
 * @param status the HTTP status
 * @param headers by their names in lower case
 * @param body as received: foreign text, maybe long
 */
public record ApiResponse(int status, Map<String, String> headers, String body) {

    /** The API server asks for seconds. A maintenance page in its place may ask for hours, and disappear sooner. */
    private static final long LONGEST_RETRY_AFTER_SECONDS = 30;

    /** Whether the request succeeded. */
    boolean successful() {
        return status >= 200 && status < 300;
    }

    /** The body, read as JSON; a missing node if it is none. */
    public JsonNode json() {
        return Json.read(body);
    }

    /** The declared type of the body. */
    String contentType() {
        return headers.getOrDefault("content-type", "no content type");
    }

    /** How long the server asks to wait; null when it does not. */
    @Nullable
    Duration retryAfter() {
        @Nullable String seconds = headers.get("retry-after");
        if (seconds == null) {
            return null;
        }
        try {
            return Duration.ofSeconds(
                    Math.max(0, Math.min(Long.parseLong(seconds.trim()), LONGEST_RETRY_AFTER_SECONDS)));
        } catch (NumberFormatException date) {
            // Kubernetes sends seconds. A date, as some proxies send, is ignored.
            return null;
        }
    }
}
