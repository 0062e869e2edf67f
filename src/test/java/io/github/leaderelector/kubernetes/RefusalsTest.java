package io.github.leaderelector.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** D1 to D5: the words of who answered, and advice where they prove that it helps. */
class RefusalsTest {

    private static final String PATH = "/apis/coordination.k8s.io/v1/namespaces/prod/leases/app-lock";
    private static final ApiRequest GET = ApiRequest.get("get Lease prod/app-lock", PATH + "?x=y");
    private static final ApiAccess ACCESS = Fixtures.access("https://api.example:6443", "t");
    private static final String USER = "User \"system:serviceaccount:prod:default\" cannot get resource \"leases\" in"
            + " API group \"coordination.k8s.io\" in the namespace \"prod\"";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '%', textBlock = """
            403 | leases.coordination.k8s.io "app-lock" is forbidden: USER | Add to its Role: apiGroups [coordination.k8s.io], resources [leases], verbs [get].
            403 | leases.coordination.k8s.io "app-lock" is forbidden: USER: RBAC: role.rbac.authorization.k8s.io "x" not found | Add to its Role: apiGroups [coordination.k8s.io], resources [leases], verbs [get].
            403 | leases.coordination.k8s.io "app-lock" is forbidden: USER: our webhook says no | NONE
            403 | leases.coordination.k8s.io "app-lock" is forbidden: User "system:anonymous" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "prod" | The credentials are from context 'c' of '/home/me/.kube/config'.
            403 | leases.coordination.k8s.io "app-lock" is forbidden: exceeded quota: none, requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=0, limited: count/leases.coordination.k8s.io=0 | NONE
            403 | leases.coordination.k8s.io "app-lock" is forbidden: unable to create new content in namespace prod because it is being terminated | NONE
            422 | leases.coordination.k8s.io "app-lock" is forbidden: ValidatingAdmissionPolicy 'no-leases' with binding 'no-leases' denied request: not here | NONE
            400 | admission webhook "deny.example" denied the request: not today | NONE
            401 | Unauthorized | The credentials are from context 'c' of '/home/me/.kube/config'.
            404 | namespaces "prod" not found | Create it, or set NAMESPACE.
            404 | leases.coordination.k8s.io "app-lock" not found | NONE
            404 | the server could not find the requested resource | NONE
            409 | Operation cannot be fulfilled on leases.coordination.k8s.io "app-lock": the object has been modified; please apply your changes to the latest version and try again | NONE
            422 | Lease.coordination.k8s.io "app-lock" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0 | NONE
            429 | Too many requests, please try again later. | NONE
            500 | etcdserver: request timed out | NONE
            """)
    void whatTheApiServerSaysIsTold(int status, String message, String advice) {
        String words = message.replace("USER", USER);

        assertThat(refusal(status, "application/json", status(words)).getMessage())
                .isEqualTo("The API server https://api.example:6443 answered " + status
                        + " (get Lease prod/app-lock): " + words + (words.endsWith(".") ? "" : ".")
                        + (advice.equals("NONE") ? "" : " " + advice));
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
