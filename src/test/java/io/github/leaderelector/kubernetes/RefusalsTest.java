package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.leaderelector.text.ForeignText;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** D1 to D5: the words of who answered, and advice where they prove that it helps. */
class RefusalsTest {

    private static final String PATH = "/apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock";
    private static final ApiRequest GET = ApiRequest.get("get Lease prod/app-lock", PATH + "?x=y");
    private static final ApiAccess ACCESS = Fixtures.access("https://api.example:6443", "t");
    private static final String NONE = "";
    private static final String ROLE =
            " Add to its Role: apiGroups [coordination.k8s.io], resources [leases], verbs [get].";
    private static final String CREDENTIALS = " The credentials are from context 'c' of '/home/me/.kube/config'.";
    private static final String NO_SUCH_API = " There is no such API at https://api.example:6443" + PATH + ".";

    /** By the name of each case of the record: the advice that the answer proves to help. */
    private static final Map<String, String> ADVICE = Map.ofEntries(
            Map.entry("no such Lease", NONE),
            Map.entry("RBAC, nothing is granted", ROLE),
            Map.entry("RBAC, the Role is gone", ROLE),
            Map.entry("no credentials", CREDENTIALS),
            Map.entry("a token that nobody knows", CREDENTIALS),
            Map.entry("a token that has expired", CREDENTIALS),
            Map.entry("no such namespace", " Create it, or set NAMESPACE."),
            Map.entry("the namespace is being deleted", NONE),
            Map.entry("a wrong path", NO_SUCH_API),
            Map.entry("a wrong path that RBAC denies", NONE),
            Map.entry("http instead of https", NONE),
            Map.entry("a quota of none", NONE),
            Map.entry("a policy", NONE),
            Map.entry("a policy forbids", NONE),
            Map.entry("a webhook denies", NONE),
            Map.entry("a webhook denies with 403", NONE),
            Map.entry("a webhook does not answer", NONE),
            Map.entry("a webhook cannot be reached", NONE),
            Map.entry("too many requests at a time", NONE),
            Map.entry("the Lease is there already", NONE),
            Map.entry("a conflict", NONE),
            Map.entry("another uid", NONE),
            Map.entry("a duration of nothing", NONE),
            Map.entry("not JSON", NONE),
            Map.entry("no such API version", NO_SUCH_API),
            Map.entry("nobody may ask without credentials", CREDENTIALS),
            Map.entry("etcd has no quorum, create", NONE),
            Map.entry("etcd has no quorum, read", NONE),
            Map.entry("etcd has no quorum, write", NONE),
            Map.entry("etcd does not run, create", NONE),
            Map.entry("etcd does not run, read", NONE),
            Map.entry("etcd does not run, write", NONE));

    /** Nobody knows whether the request had an effect, or still will have one. */
    private static final Set<String> UNDECIDED = Set.of(
            "a webhook does not answer",
            "a webhook cannot be reached",
            "etcd has no quorum, create",
            "etcd has no quorum, read",
            "etcd has no quorum, write",
            "etcd does not run, create",
            "etcd does not run, read",
            "etcd does not run, write");

    @Test
    void theRecordHasAllCases() {
        assertThat(RecordedAnswers.read()).containsOnlyKeys(ADVICE.keySet());
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void whatTheApiServerSaysIsTold(String name, ApiResponse answer) {
        JsonNode status = answer.json();
        String words = status.path("status").asText().equals("Failure")
                ? ForeignText.of(status.path("message").asText())
                : answer.contentType() + ", '" + answer.body() + "'";

        assertThat(Refusals.refused(ACCESS, GET, answer).getMessage())
                .isEqualTo("The API server https://api.example:6443 answered " + answer.status()
                        + " (get Lease prod/app-lock): " + words + (words.matches(".*[.…]") ? "" : ".")
                        + ADVICE.get(name));
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void whatMayHaveHadAnEffectCountsAsNotRefused(String name, ApiResponse answer) {
        ApiException refusal = Refusals.refused(ACCESS, GET, answer);

        assertThat(refusal.refused()).isEqualTo(!UNDECIDED.contains(name));
        assertThat(refusal.refusedForGood())
                .isEqualTo(!UNDECIDED.contains(name) && !name.equals("too many requests at a time"));
    }

    /** What ends a request in the API server after its time limit: no kind, and a type of its own. */
    @Test
    void aStatusWithoutAKindIsOneAllTheSame() {
        assertThat(refusal(
                                504,
                                "text/plain",
                                "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Timeout: too late\"}")
                        .getMessage())
                .endsWith("answered 504 (get Lease prod/app-lock): Timeout: too late.");
    }

    static Stream<Arguments> recorded() {
        return RecordedAnswers.read().entrySet().stream()
                .map(entry -> Arguments.of(entry.getKey(), entry.getValue().answer()));
    }

    /** What a webhook denies instead of RBAC, no Role can allow. */
    @Test
    void aWebhookThatAuthorizesIsNotMistakenForRbac() {
        String words =
                "leases.coordination.k8s.io \"app-lock\" is forbidden: User \"system:serviceaccount:prod:default\""
                        + " cannot get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"prod\":"
                        + " our webhook says no";

        assertThat(refusal(403, "application/json", status(words)).getMessage()).endsWith(words + ".");
    }

    /** D2: nobody is blamed for a missing Role who has sent no credentials. */
    @ParameterizedTest
    @CsvSource({
        "401,Unauthorized",
        "403,'x is forbidden: User \"system:anonymous\" cannot get resource \"leases\" in API"
                + " group \"coordination.k8s.io\" in the namespace \"prod\"'"
    })
    void whoHasNoCredentialsIsToldWhy(int status, String words) {
        ApiAccess anonymous = new ApiAccess(
                ACCESS.server(),
                ACCESS.tls(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                ACCESS.origin(),
                Optional.of("the token '/t' does not exist"));

        assertThat(Refusals.refused(anonymous, GET, answer(status, "application/json", status(words)))
                        .getMessage())
                .endsWith(words + ". No credentials were sent: the token '/t' does not exist.");
    }

    /** D3, D5: what stands before an API server. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '%', textBlock = """
            404 | text/plain       | 404 page not found        | text/plain, '404 page not found'. There is no such API at https://api.example:6443/apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock.
            404 | application/json | {}                        | application/json, '{}'. There is no such API at https://api.example:6443/apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock.
            502 | text/html        | <html>Bad Gateway</html>  | text/html, '<html>Bad Gateway</html>'.
            407 | text/html        | <p>Sign in</p>            | text/html, '<p>Sign in</p>'.
            503 | text/plain       | %%                        | nothing.
            500 | application/json | []                        | application/json, '[]'.
            400 | text/plain       | Client sent an HTTP request to an HTTPS server. | text/plain, 'Client sent an HTTP request to an HTTPS server.'.
            """)
    void whatSomebodyElseSaysIsToldWithItsType(int status, String type, String body, String words) {
        assertThat(refusal(status, type, body).getMessage())
                .isEqualTo("The API server https://api.example:6443 answered " + status + " (get Lease prod/app-lock): "
                        + words);
    }

    @Test
    void aRedirectIsToldWithWhereItLeads() {
        assertThat(Refusals.refused(
                                ACCESS, GET, new ApiResponse(301, Map.of("location", "https://login.example/?t=x"), ""))
                        .getMessage())
                .endsWith("answered 301 (get Lease prod/app-lock): it is at https://login.example/?***.");
    }

    /** D5: a page of 130 kB. */
    @Test
    void howeverMuchIsAnsweredTheSentenceIsBounded() {
        String page = "<html>" + "x ".repeat(65_000) + "</html>";

        assertThat(refusal(403, "text/html", page).getMessage()).hasSizeLessThan(500);
        assertThat(Refusals.notWhatWasAsked("https://api.example:6443", GET, answer(200, "text/html", page), "a Lease")
                        .getMessage())
                .hasSizeLessThan(500)
                .startsWith("The API server https://api.example:6443 answered 200 (get Lease prod/app-lock), but not"
                        + " with a Lease: text/html, '<html>x x x");
        assertThat(Refusals.notWhatWasAsked("https://api.example:6443", GET, answer(200, "text/html", ""), "a Lease")
                        .getMessage())
                .endsWith("but not with a Lease: nothing.");
    }

    @ParameterizedTest
    @CsvSource({"5,5", "3600,30", "-1,0", "'Wed, 21 Oct 2026 07:28:00 GMT',"})
    void howLongToWaitIsTakenUpToHalfAMinute(String header, Long seconds) {
        assertThat(Refusals.refused(ACCESS, GET, new ApiResponse(429, Map.of("retry-after", header), ""))
                        .retryAfter())
                .isEqualTo(seconds == null ? null : java.time.Duration.ofSeconds(seconds));
    }

    private static ApiException refusal(int status, String type, String body) {
        return Refusals.refused(ACCESS, GET, answer(status, type, body));
    }

    private static ApiResponse answer(int status, String type, String body) {
        return new ApiResponse(status, Map.of("content-type", type), body);
    }

    private static String status(String message) {
        return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\""
                + message.replace("\"", "\\\"") + "\"}";
    }
}
