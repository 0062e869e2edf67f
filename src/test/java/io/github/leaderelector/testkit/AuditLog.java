package io.github.leaderelector.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The API server's own record of what each user asked for; safe for use by many threads. */
public final class AuditLog {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;

    AuditLog(Path file) {
        this.file = file;
    }

    /**
     * One request.
     *
     * @param received when the API server got it, by the wall clock
     * @param user who asked
     * @param verb as in RBAC: get, watch, create, update, ...
     * @param resource as in RBAC: leases, pods, events, ...
     * @param name the object's name; empty when the request named none
     * @param status the HTTP status of the answer
     */
    public record Request(Instant received, String user, String verb, String resource, String name, int status) {

        @Override
        public String toString() {
            return "%s %s %s %s/%s %d".formatted(received, user, verb, resource, name, status);
        }
    }

    /** The requests since {@code from}, oldest first; a watch counts when it begins. */
    public List<Request> since(Instant from) {
        List<Request> requests = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                add(requests, line, from);
            }
        } catch (NoSuchFileException nothingYet) {
            return requests;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return requests;
    }

    private static void add(List<Request> requests, String line, Instant from) {
        JsonNode event;
        try {
            event = JSON.readTree(line);
        } catch (JsonProcessingException halfWritten) {
            return;
        }
        boolean watch = "watch".equals(event.path("verb").asText());
        boolean first = (watch ? "ResponseStarted" : "ResponseComplete").equals(stage(event));
        // A watch that was refused never starts to answer.
        boolean refused = event.path("responseStatus").path("code").asInt() >= 400;
        Instant received = Instant.parse(event.path("requestReceivedTimestamp").asText());
        if ((first || (refused && "ResponseComplete".equals(stage(event)))) && !received.isBefore(from)) {
            requests.add(new Request(
                    received,
                    event.path("user").path("username").asText(),
                    event.path("verb").asText(),
                    event.path("objectRef").path("resource").asText(),
                    event.path("objectRef").path("name").asText(),
                    event.path("responseStatus").path("code").asInt()));
        }
    }

    private static String stage(JsonNode event) {
        return event.path("stage").asText();
    }
}
