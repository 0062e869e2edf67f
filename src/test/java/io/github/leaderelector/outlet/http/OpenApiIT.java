package io.github.leaderelector.outlet.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.github.leaderelector.answer.HolderAnswer;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.testkit.EventStreamClient;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps docs/openapi.yaml true to what is served. */
@QuarkusTest
@TestProfile(FrozenTime.class)
class OpenApiIT {

    private static final Path DOCUMENT = Path.of("docs", "openapi.yaml");

    /** The paths that Quarkus's extensions serve. */
    private static final Set<String> FROM_EXTENSIONS = Set.of(
            "get /q/health",
            "get /q/health/live",
            "get /q/health/ready",
            "get /q/health/started",
            "get /q/health/group/leader",
            "get /q/metrics");

    private static final Pattern CLASS_PATH = Pattern.compile("@Path\\(\"([^\"]*)\"\\)(?=[^{]*\\bclass )");
    private static final Pattern METHOD_PATH = Pattern.compile("@Path\\(\"([^\"]*)\"\\)");
    private static final Pattern VERB = Pattern.compile("@(GET|POST|PUT|PATCH|DELETE)\\b");
    private static final Pattern ROUTE = Pattern.compile("router\\.(get|post|route)\\(\"([^\"]+)\"\\)");

    private final JsonNode document;

    OpenApiIT() throws IOException {
        document = new YAMLMapper().readTree(DOCUMENT.toFile());
    }

    @Test
    void theDocumentIsServedAsItIs() throws IOException {
        Response response = given().get("/q/openapi");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.contentType()).isEqualTo("application/yaml;charset=UTF-8");
        assertThat(response.body().asString()).isEqualTo(Files.readString(DOCUMENT));
    }

    @Test
    void itHasEveryEndpointOfTheCodeAndNoOther() throws IOException {
        Set<String> served = new TreeSet<>(FROM_EXTENSIONS);
        served.addAll(endpointsOfTheCode());
        assertThat(documented()).isEqualTo(served);
    }

    @Test
    void nothingElseIsLetThrough() {
        Set<String> letThrough = new TreeSet<>();
        RouteFilter.GET_PATHS.forEach(path -> letThrough.add("get " + path));
        RouteFilter.POST_PATHS.forEach(path -> letThrough.add("post " + path));

        assertThat(letThrough).isEqualTo(documented());
    }

    @Test
    void whatIsReadIsAnsweredWithADocumentedStatusAndForm() throws IOException {
        for (var path : document.path("paths").properties()) {
            if (!path.getValue().has("get")) {
                continue;
            }
            JsonNode responses = path.getValue().path("get").path("responses");
            for (String form : forms(responses)) {
                try (EventStreamClient client = new EventStreamClient(
                        RestAssured.port, path.getKey(), form + ", */*;q=0.1", Duration.ofSeconds(10))) {
                    JsonNode answer = resolved(responses.path(String.valueOf(client.status())));
                    assertThat(answer.isMissingNode())
                            .as("%d of GET %s is documented", client.status(), path.getKey())
                            .isFalse();
                    assertThat(answer.path("content").fieldNames())
                            .toIterable()
                            .as("forms of GET %s", path.getKey())
                            .contains(client.header("Content-Type").replaceAll(";.*", ""));
                }
            }
        }
    }

    @Test
    void theAnswersHaveTheFieldsOfTheRealOnesInOrder() {
        JsonNode schemas = document.path("components").path("schemas");
        assertThat(schemas.path("Leadership").path("properties").fieldNames())
                .toIterable()
                .containsExactly(LeaderAnswer.class
                        .getAnnotation(JsonPropertyOrder.class)
                        .value());
        assertThat(schemas.path("Holder").path("properties").fieldNames())
                .toIterable()
                .containsExactly(HolderAnswer.class
                        .getAnnotation(JsonPropertyOrder.class)
                        .value());
    }

    private Set<String> documented() {
        Set<String> documented = new TreeSet<>();
        document.path("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> documented.add(method + " " + path.getKey())));
        return documented;
    }

    private List<String> forms(JsonNode responses) {
        List<String> forms = new ArrayList<>();
        resolved(responses.path("200")).path("content").fieldNames().forEachRemaining(forms::add);
        return forms;
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.path("$ref").asText().substring(1)) : node;
    }

    private static Set<String> endpointsOfTheCode() throws IOException {
        Set<String> endpoints = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            for (Path source :
                    sources.filter(s -> s.toString().endsWith(".java")).toList()) {
                String text = Files.readString(source);
                for (MatchResult route : ROUTE.matcher(text).results().toList()) {
                    endpoints.add((route.group(1).equals("post") ? "post " : "get ") + route.group(2));
                }
                Matcher ofTheClass = CLASS_PATH.matcher(text);
                if (ofTheClass.find()) {
                    for (String method : text.substring(ofTheClass.end()).split("\n\n", -1)) {
                        Matcher verb = VERB.matcher(method);
                        if (verb.find()) {
                            Matcher ofTheMethod = METHOD_PATH.matcher(method);
                            String path = ofTheClass.group(1) + "/" + (ofTheMethod.find() ? ofTheMethod.group(1) : "");
                            endpoints.add(verb.group(1).toLowerCase(Locale.ROOT) + " " + normal(path));
                        }
                    }
                }
            }
        }
        return endpoints;
    }

    private static String normal(String path) {
        String single = path.replaceAll("/+", "/");
        return single.length() > 1 && single.endsWith("/") ? single.substring(0, single.length() - 1) : single;
    }
}
