package io.github.leaderelector.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows C1 to C3 and D5 of the faults: what others say is shown in one line, bounded, and without secrets. */
class ForeignTextTest {

    private static final String CANARY = "c4n4ry";

    static Stream<Arguments> secrets() {
        String jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjNG40cnkifQ." + CANARY;
        return Stream.of(
                arguments(
                        "a header value must not end with '\\r' or '\\n': Bearer " + CANARY + "\n",
                        "a header value must not end with '\\r' or '\\n': ***"),
                arguments(
                        "a header value contains a prohibited character '127': Bearer " + CANARY,
                        "a header value contains a prohibited character '127': ***"),
                arguments(
                        "Illegal character(s) in header value: " + CANARY + " and more",
                        "Illegal character(s) in header value: ***"),
                arguments("GET failed, Authorization: Custom a=" + CANARY, "GET failed, Authorization: ***"),
                arguments("Proxy-Authorization=Basic " + CANARY, "Proxy-Authorization= ***"),
                arguments("Cookie: a=b; session=" + CANARY, "Cookie: ***"),
                arguments("X-Vault-Token: " + CANARY, "X-Vault-Token: ***"),
                arguments("sent 'Bearer " + CANARY + "', got 401", "sent 'Bearer ***', got 401"),
                arguments("sent bearer token " + CANARY, "sent bearer ***"),
                arguments("Basic dTpjNG40cnk= was refused", "Basic *** was refused"),
                arguments("refused: " + jwt + ".", "refused: ***"),
                arguments("no user for " + jwt.substring(0, 30), "no user for ***"),
                arguments("token=" + CANARY + "&a=b", "token=***&a=b"),
                arguments("id-token: \"" + CANARY + " with blanks\"", "id-token: ***"),
                arguments("{\"accessToken\":\"" + CANARY + "\\\" x\",\"a\":1}", "{\"accessToken\":***,\"a\":1}"),
                arguments("wrong password: " + CANARY + ", try again", "wrong password: ***, try again"),
                arguments("password: not " + CANARY, "password: ***"),
                arguments("users:\n  - password: 'a " + CANARY, "users: - password: ***"),
                arguments("client-key-data: " + CANARY, "client-key-data: ***"),
                arguments("cannot run 'get --password " + CANARY + "'", "cannot run 'get --password ***'"),
                arguments("LS0tLS1CRUdJTiBLRVkt" + CANARY + "= is no key", "*** is no key"),
                arguments(
                        "not a key: -----BEGIN EC PRIVATE KEY-----\n" + CANARY + "\n-----END EC PRIVATE KEY----- at 3",
                        "not a key: *** at 3"),
                arguments("not a key: -----BEGIN PRIVATE KEY-----\nAA\n" + CANARY, "not a key: ***"),
                arguments("proxy http://joe:" + CANARY + "@proxy:3128 failed", "proxy http://***@proxy:3128 failed"),
                arguments("proxy http://" + CANARY + "/@x@proxy:3128", "proxy http://***@proxy:3128"),
                arguments("proxy joe:" + CANARY + "@proxy:3128", "proxy ***@proxy:3128"),
                arguments("GET https://a/b?" + CANARY + ": 404", "GET https://a/b?*** 404"),
                arguments("POST '/hook?a=" + CANARY + "' failed", "POST '/hook?***' failed"),
                arguments(
                        "while scanning a quoted scalar\n in reader, line 7, column 12:\n           token: \"" + CANARY
                                + "\n                  ^\nfound unexpected end of stream",
                        "while scanning a quoted scalar in reader, line 7, column 12: found unexpected end of stream"),
                arguments(
                        "found undefined alias " + CANARY + " in reader, line 2",
                        "found undefined alias *** in reader, line 2"),
                arguments(
                        "no String-argument constructor to deserialize from String value ('" + CANARY + "')",
                        "no String-argument constructor to deserialize from String value (***)"),
                arguments(
                        "Cannot deserialize value of type `int` from String \"" + CANARY + "\": not a number",
                        "Cannot deserialize value of type `int` from String ***: not a number"),
                arguments(
                        "Unrecognized token '" + CANARY + "': was expecting (JSON String, ...)",
                        "Unrecognized token ***: was expecting (JSON String, ...)"),
                arguments(
                        "Unexpected end\n at [Source: (String)\"{\"a\": " + CANARY + "\"; line: 1, column: 7]",
                        "Unexpected end at [Source; line: 1, column: 7]"));
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void whatLooksLikeASecretIsLeftOut(String foreign, String shown) {
        assertThat(ForeignText.of(foreign)).isEqualTo(shown).doesNotContain(CANARY);
    }

    @ParameterizedTest
    @MethodSource("secrets")
    void whatIsFitStaysAsItIs(String foreign, String shown) {
        assertThat(ForeignText.of(shown)).isEqualTo(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "leases.coordination.k8s.io \"app-lock\" is forbidden: User \"system:serviceaccount:a:default\" cannot"
                        + " get resource \"leases\" in API group \"coordination.k8s.io\" in the namespace \"a\"",
                "secrets \"my-token\" is forbidden: User \"joe\" cannot get resource \"secrets\"",
                "Connection refused: localhost/127.0.0.1:4040",
                "PKIX path validation failed: Basic constraints check failed: this is not a CA certificate",
                "Failed to create SSL connection: unable to find valid certification path to requested target",
                "The API server did not acknowledge a renewal within 10000 ms.",
                "'pod-a' holds the Lease. Did you mean LEASE_NAME?",
                "/var/run/secrets/kubernetes.io/serviceaccount/token: no such file",
                "etcdserver: request timed out",
                "Größe: 5 µs – 漢字 😀",
            })
    void whatIsNoSecretStays(String foreign) {
        assertThat(ForeignText.of(foreign)).isEqualTo(foreign);
    }

    /** Row C3: a line break or an escape sequence in a holder's name forged a log line. */
    @Test
    void controlCharactersAreEscaped() {
        assertThat(ForeignText.name("a\nb\r\tc\u001b[31m\u0000\u007f\u009b\u2028\u202e\ud800"))
                .isEqualTo("a\\nb\\r\\tc\\u001b[31m\\u0000\\u007f\\u009b\\u2028\\u202e\\ud800");
        assertThat(ForeignText.of(" two\r\n\t lines\u2028three\u001b[31m\u202e\tend\n"))
                .isEqualTo("two lines three\\u001b[31m\\u202e end");
    }

    /** Row D5: a page of 130 kB became a log line of 135 kB. */
    @Test
    void whatIsLongIsCut() {
        assertThat(ForeignText.of("<p> ".repeat(50_000)))
                .hasSize(ForeignText.LONGEST)
                .endsWith("<p>…");
        assertThat(ForeignText.of("x".repeat(50_000))).isEqualTo("…");
        assertThat(ForeignText.sentence("<p> ".repeat(50_000)))
                .hasSize(ForeignText.LONGEST_SENTENCE)
                .endsWith("<p>…");
        assertThat(ForeignText.name("x".repeat(50_000))).isEqualTo("x".repeat(299) + "…");
        assertThat(ForeignText.name("x".repeat(300))).isEqualTo("x".repeat(300));
        assertThat(ForeignText.name("x" + "😀".repeat(500))).isEqualTo("x" + "😀".repeat(149) + "…");
        assertThat(ForeignText.name("xx" + "😀".repeat(500))).isEqualTo("xx" + "😀".repeat(148) + "…");
        assertThat(ForeignText.name("\n".repeat(500))).hasSize(300).endsWith("\\n\\…");
    }

    /** The password is behind what is looked at, the user before. */
    @Test
    void halfASecretIsNotShown() {
        String hidden = "Bearer " + "-".repeat(4_000) + " http://joe:" + CANARY;

        assertThat(ForeignText.of(hidden + "x".repeat(4_000) + "@host")).isEqualTo("Bearer *** …");
    }

    @Test
    void aFailureThatSaysNothingIsCalledByItsName() {
        assertThat(ForeignText.of(new IOException("token=" + CANARY))).isEqualTo("token=***");
        assertThat(ForeignText.of(new IOException())).isEqualTo("IOException");
        assertThat(ForeignText.of(new IOException(" "))).isEqualTo("IOException");
        assertThat(ForeignText.of((String) null)).isEmpty();
    }
}
