package io.github.leaderelector.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a real kube-apiserver answers instead of a success, by the name of the case: {@link RefusalsIT} writes the file
 * and compares, {@link RefusalsTest} reads it.
 */
final class RecordedAnswers {

    private static final Path FILE = Path.of("src", "test", "resources", "kubernetes", "refusals.txt");

    private static final List<String> HEADERS = List.of("content-type", "retry-after");

    private static final Pattern CASE =
            Pattern.compile("== (.+)\n(.+)\n(\\d{3})\n((?:[a-z-]+: .*\n)*)\n([^\n]*)\n", Pattern.MULTILINE);

    /**
     * A request and its answer.
     *
     * @param request method and path
     * @param answer with the headers that we read, and no others
     */
    record Exchange(String request, ApiResponse answer) {

        static Exchange of(String request, int status, Map<String, String> headers, String body) {
            Map<String, String> ours = new LinkedHashMap<>();
            HEADERS.stream()
                    .filter(headers::containsKey)
                    .forEach(name -> ours.put(name, String.valueOf(headers.get(name))));
            return new Exchange(request, new ApiResponse(status, ours, body.strip()));
        }

        /** What has to be the same when it is asked again: without ports, uids and versions. */
        String essence() {
            String status = answer.json().path("status").asText().equals("Failure")
                    ? answer.json().path("reason").asText() + " | "
                            + answer.json().path("message").asText()
                    : answer.body();
            return (request + " | " + answer.status() + " | " + answer.headers() + " | " + status)
                    .replaceAll("(127\\.0\\.0\\.1):\\d+", "$1:<port>")
                    .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<uid>");
        }
    }

    private RecordedAnswers() {}

    /** The record. */
    static Map<String, Exchange> read() {
        Map<String, Exchange> cases = new LinkedHashMap<>();
        try {
            Matcher next = CASE.matcher(Files.readString(FILE));
            while (next.find()) {
                Map<String, String> headers = next.group(4)
                        .lines()
                        .map(line -> line.split(": ", 2))
                        .collect(Collectors.toMap(header -> header[0], header -> header[1]));
                cases.put(
                        next.group(1),
                        Exchange.of(next.group(2), Integer.parseInt(next.group(3)), headers, next.group(5)));
            }
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
        return cases;
    }

    /** Replaces the record. */
    static void write(String version, Map<String, Exchange> cases) throws IOException {
        StringBuilder text = new StringBuilder("What kube-apiserver " + version + " answers. Made by"
                + " ./mvnw verify -Dit.test=RefusalsIT -Drefusals=record; not by hand.\n");
        cases.forEach((name, exchange) -> {
            text.append("\n== ")
                    .append(name)
                    .append('\n')
                    .append(exchange.request())
                    .append('\n');
            text.append(exchange.answer().status()).append('\n');
            exchange.answer()
                    .headers()
                    .forEach((header, value) ->
                            text.append(header).append(": ").append(value).append('\n'));
            text.append('\n').append(exchange.answer().body()).append('\n');
        });
        Files.writeString(FILE, text);
    }
}
