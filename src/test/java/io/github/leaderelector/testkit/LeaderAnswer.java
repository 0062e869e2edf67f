package io.github.leaderelector.testkit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * A sidecar's answer to {@code GET /leader}.
 *
 * @param asked when the request was begun, by {@link System#nanoTime}
 * @param answered when the answer was read
 * @param leader whether it claims to lead
 * @param identity who it is
 * @param holder who holds the Lease; empty when nobody does
 * @param term the number of changes of the holder
 * @param fencingToken 0 when it does not lead
 * @param validForMillis what is left of its claim
 * @param reason why it leads or does not
 */
public record LeaderAnswer(
        long asked,
        long answered,
        boolean leader,
        String identity,
        String holder,
        long term,
        long fencingToken,
        long validForMillis,
        String reason) {

    private static final ObjectMapper JSON = new ObjectMapper();

    static LeaderAnswer of(long asked, long answered, String body) throws IOException {
        JsonNode json;
        try {
            json = JSON.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IOException("No JSON: " + body, e);
        }
        return new LeaderAnswer(
                asked,
                answered,
                json.path("leader").asBoolean(),
                json.path("identity").asText(),
                json.path("holder").isNull() ? "" : json.path("holder").asText(),
                json.path("term").asLong(),
                json.path("fencingToken").asLong(),
                json.path("validForMillis").asLong(),
                json.path("reason").isValueNode()
                        ? json.path("reason").asText()
                        : json.path("reason").toString());
    }
}
