package io.github.leaderelector.outlet.page;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.outlet.FrozenTime;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.Header;
import io.restassured.http.Headers;
import io.restassured.response.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@TestProfile(FrozenTime.class)
class PageResourceIT {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
                        + "application/signed-exchange;v=b3;q=0.7",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            })
    void browsersGetThePage(String accept) {
        Response response = given().accept(accept).get("/");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.contentType()).isEqualToIgnoringCase("text/html;charset=UTF-8");
        assertThat(response.body().asString()).startsWith("<!doctype html>");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*/*",
                "application/json",
                "application/json, text/plain, */*",
                "application/*",
                "application/json, text/html",
                "text/html;q=0.5, application/json",
            })
    void everyoneElseKeepsTheJsonOfOld(String accept) {
        Response response = given().accept(accept).get("/");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.contentType()).startsWith("application/json");
        assertThat(response.body().asString()).startsWith("{\"name\":");
    }

    @Test
    void whoSaysNothingKeepsTheJsonOfOld() throws IOException {
        int port = ConfigProvider.getConfig().getValue("quarkus.http.test-port", Integer.class);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.0 200 OK")
                    .contains("{\"name\":");
        }
    }

    @Test
    void thePageRunsNothingButItsOwn() {
        Headers headers = given().accept("text/html").get("/").headers();

        assertThat(headers.getValue("Content-Security-Policy"))
                .matches("default-src 'none'; script-src 'sha256-[\\w+/]{43}='; style-src 'sha256-[\\w+/]{43}='; "
                        + "connect-src 'self'; img-src data:; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        assertThat(headers)
                .contains(
                        new Header("X-Content-Type-Options", "nosniff"),
                        new Header("Referrer-Policy", "no-referrer"),
                        new Header("Cache-Control", "no-store"),
                        new Header("Vary", "Accept"));
    }

    @Test
    void thePageLoadsNothingAndPutsNothingIntoItselfAsMarkup() {
        String html = given().accept("text/html").get("/").body().asString();

        assertThat(Pattern.compile("https?:|src=|url\\(|@import").matcher(html).results())
                .isEmpty();
        assertThat(Pattern.compile("<(?:script|style)\\b").matcher(html).results())
                .hasSize(2);
        assertThat(Pattern.compile("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(| style=| on\\w+=")
                        .matcher(html)
                        .results())
                .isEmpty();
    }
}
