package io.github.leaderelector.testkit;

import java.util.Map;

/** A fault that an {@link HttpFaultProxy} applies to a request instead of passing it on. */
public sealed interface Fault {

    /**
     * Answers itself; the API server never hears of the request.
     *
     * @param status the HTTP status
     * @param headers further headers
     * @param reason the {@code reason} of the Kubernetes {@code Status} in the body
     */
    record Answer(int status, Map<String, String> headers, String reason) implements Fault {}

    /** Passes the request on, and keeps the answer: the connection stays open and silent. */
    record LoseAnswer() implements Fault {}

    /** Passes the request on, and closes the connection when the answer comes. */
    record CloseInsteadOfAnswer() implements Fault {}

    /** Neither passes the request on nor answers: the connection stays open and silent. */
    record Swallow() implements Fault {}

    /** An answer with {@code status} and the reason that the API server gives with it. */
    static Fault status(int status) {
        return new Answer(status, Map.of(), reason(status));
    }

    /** Status 429: come back after {@code retryAfterSeconds}. */
    static Fault tooManyRequests(int retryAfterSeconds) {
        return new Answer(429, Map.of("Retry-After", String.valueOf(retryAfterSeconds)), reason(429));
    }

    private static String reason(int status) {
        return switch (status) {
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "NotFound";
            case 409 -> "Conflict";
            case 429 -> "TooManyRequests";
            case 500 -> "InternalError";
            case 503 -> "ServiceUnavailable";
            case 504 -> "Timeout";
            default -> "Unknown";
        };
    }
}
