package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML. An error names the line, but never quotes the text, which may be a secret. */
final class Yaml {

    private Yaml() {}

    /**
     * The first document of {@code text}, as a tree; empty if there is none.
     *
     * @param origin where the text is from, for people
     */
    static Optional<JsonNode> read(String text, String origin) throws AccessException {
        try {
            return Optional.of(json(text).orElseGet(() -> merged(yaml(text)))).filter(node -> !node.isNull());
        } catch (MarkedYamlEngineException invalid) {
            Optional<Mark> mark = invalid.getProblemMark().or(invalid::getContextMark);
            throw AccessException.passing(origin + " is not valid YAML"
                    + mark.map(place -> ": line " + (place.getLine() + 1) + ", column " + (place.getColumn() + 1))
                            .orElse(""));
        } catch (YamlEngineException | IllegalArgumentException invalid) {
            throw AccessException.passing(origin + " is not valid YAML");
        }
    }

    /** What is JSON is YAML, too, except that it may be indented by tabs. */
    private static Optional<JsonNode> json(String text) {
        try {
            return text.stripLeading().startsWith("{")
                    ? Optional.of(new ObjectMapper().readTree(text))
                    : Optional.empty();
        } catch (JsonProcessingException noJson) {
            return Optional.empty();
        }
    }

    /** The first document, and of what is said twice the latter, as kubectl reads it. */
    private static JsonNode yaml(String text) {
        LoadSettings settings =
                LoadSettings.builder().setAllowDuplicateKeys(true).build();
        Iterator<Object> documents = new Load(settings).loadAllFromString(text).iterator();
        return new ObjectMapper().valueToTree(documents.hasNext() ? documents.next() : null);
    }

    /** With what {@code <<} names put where it stands; a key of YAML 1.1 that kubectl knows. */
    private static JsonNode merged(JsonNode node) {
        node.forEach(Yaml::merged);
        if (node instanceof ObjectNode object) {
            JsonNode others = object.path("<<");
            object.remove("<<");
            for (JsonNode other : others.isArray() ? others : List.of(others)) {
                other.properties().forEach(field -> object.putIfAbsent(field.getKey(), field.getValue()));
            }
        }
        return node;
    }
}
