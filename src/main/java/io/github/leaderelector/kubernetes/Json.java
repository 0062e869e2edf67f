package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;

/** JSON that the API server, or a proxy before it, has sent. */
public final class Json {

    private static final ObjectReader READER = new ObjectMapper().reader();

    private Json() {}

    /** The tree that {@code text} describes; a missing node if it is no JSON. */
    public static JsonNode read(String text) {
        try {
            JsonNode node = READER.readTree(text);
            return node == null ? MissingNode.getInstance() : node;
        } catch (JsonProcessingException noJson) {
            return MissingNode.getInstance();
        }
    }
}
