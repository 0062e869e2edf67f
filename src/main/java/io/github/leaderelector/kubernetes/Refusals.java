package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.text.ForeignText;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Describes why a request failed, in the words of the side that refused it. Adds advice only if these words show that
 * it helps.
 */
final class Refusals {

    private static final int MULTIPLE_CHOICES = 300;

    /**
     * Matches a denial by the API server's authorizers. RBAC gives no reason, or one that begins with its name. No Role
     * can allow what a webhook denies.
     */
    private static final Pattern DENIED = Pattern.compile(
            "User \"([^\"]*)\" cannot (\\S+) resource \"([^\"]+)\""
                    + " in API group \"([^\"]*)\"(?: in the namespace \"[^\"]*\"| at the cluster scope)(?:$|: (?:rbac: )?RBAC: .*)");

    private static final String ANONYMOUS = "system:anonymous";

    private static final Pattern NO_NAMESPACE = Pattern.compile("namespaces \"[^\"]*\" not found");

    private Refusals() {}

    /** The failure that {@code answer} is; {@code answer} is not a success. */
    static ApiException refused(ApiAccess access, ApiRequest request, ApiResponse answer) {
        return new ApiException(
                answer.status(),
                "The API server " + access.server() + " answered " + answer.status() + " (" + request.what() + "): "
                        + sentence(words(answer)) + advice(access, request, answer),
                answer.retryAfter());
    }

    /**
     * The failure of an answer with a success status whose body is not {@code expected}: it did not come from an API
     * server.
     */
    static ApiException notWhatWasAsked(String server, ApiRequest request, ApiResponse answer, String expected) {
        return new ApiException(
                answer.status(),
                "The API server " + server + " answered " + answer.status() + " (" + request.what() + "), but not with "
                        + expected + ": " + sentence(excerpt(answer)),
                null);
    }

    /** The failure of a request without an answer. */
    static ApiException unanswered(ApiAccess access, String what, String why) {
        String through =
                access.proxy().map(proxy -> " through the proxy " + proxy).orElse("");
        return new ApiException(
                ApiException.NO_ANSWER,
                "The API server " + access.server() + " cannot be reached" + through + " (" + what + "): "
                        + sentence(why) + " Its address is from " + access.origin() + ".",
                null);
    }

    private static String words(ApiResponse answer) {
        String message = message(answer);
        if (!message.isBlank()) {
            return ForeignText.of(message);
        }
        String location = answer.headers().getOrDefault("location", "");
        return answer.status() >= MULTIPLE_CHOICES
                        && answer.status() < HttpURLConnection.HTTP_BAD_REQUEST
                        && !location.isEmpty()
                ? "it is at " + ForeignText.of(location)
                : excerpt(answer);
    }

    /**
     * The message of a Status, which an API server sends; empty if the answer is no Status. The one with which it ends
     * a request after its time limit has no kind.
     */
    private static String message(ApiResponse answer) {
        JsonNode status = answer.json();
        boolean isStatus = status.path("kind").asText().equals("Status")
                || status.path("status").asText().equals("Failure");
        return isStatus ? status.path("message").asText().strip() : "";
    }

    private static String excerpt(ApiResponse answer) {
        String type = ForeignText.of(answer.contentType());
        return answer.body().isBlank()
                ? "nothing"
                : ForeignText.of(type + ", '" + answer.body().strip() + "'");
    }

    private static String advice(ApiAccess access, ApiRequest request, ApiResponse answer) {
        String message = message(answer);
        Matcher denied = DENIED.matcher(message);
        boolean denies = answer.status() == HttpURLConnection.HTTP_FORBIDDEN && denied.find();
        if (answer.status() == HttpURLConnection.HTTP_UNAUTHORIZED
                || (denies && denied.group(1).equals(ANONYMOUS))) {
            return access.anonymous()
                    .map(why -> " No credentials were sent: " + sentence(why))
                    .orElseGet(() -> " The credentials are from " + access.origin() + ".");
        }
        if (denies) {
            List<String> verbs = List.of(denied.group(2));
            Permission missing = new Permission(denied.group(4), denied.group(3), null, verbs);
            return ForeignText.name(" Add to its Role: " + missing.rule(verbs) + ".");
        }
        if (answer.status() != HttpURLConnection.HTTP_NOT_FOUND) {
            return "";
        }
        if (message.isEmpty()) {
            return " There is no such API at " + access.server() + path(request) + ".";
        }
        return NO_NAMESPACE.matcher(message).matches() ? " Create it, or set NAMESPACE." : "";
    }

    private static String path(ApiRequest request) {
        int query = request.path().indexOf('?');
        return query < 0 ? request.path() : request.path().substring(0, query);
    }

    private static String sentence(String words) {
        return words.endsWith(".") || words.endsWith("…") ? words : words + ".";
    }
}
