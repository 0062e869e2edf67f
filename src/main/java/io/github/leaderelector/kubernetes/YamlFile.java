package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML files. An error names the line, but never quotes the text, which may be a secret. */
final class YamlFile {

    private YamlFile() {}

    /** The YAML object in {@code file}, as a tree; empty if there is nothing in the file. */
    static Optional<JsonNode> read(Path file) throws AccessException {
        JsonNode node;
        String text = TextFile.read(file);
        try {
            node = json(text).orElseGet(() -> merged(yaml(text)));
        } catch (MarkedYamlEngineException invalid) {
            Optional<Mark> mark = invalid.getProblemMark().or(invalid::getContextMark);
            throw AccessException.passing("'" + file + "' is not valid YAML"
                    + mark.map(place -> ": line " + (place.getLine() + 1) + ", column " + (place.getColumn() + 1))
                            .orElse(""));
        } catch (YamlEngineException | IllegalArgumentException invalid) {
            throw AccessException.passing("'" + file + "' is not valid YAML");
        }
        if (node == null || node.isNull()) {
            return Optional.empty();
        }
        if (!node.isObject()) {
            throw AccessException.passing("'" + file + "' is no kubeconfig");
        }
        return Optional.of(node);
    }

    /** What is JSON is YAML, too, except that it may be indented by tabs. */
    private static Optional<JsonNode> json(String text) {
        try {
            return text.startsWith("{") ? Optional.of(new ObjectMapper().readTree(text)) : Optional.empty();
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
        node.forEach(YamlFile::merged);
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
