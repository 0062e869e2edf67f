package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML files. An error names the line, but never quotes the text, which may be a secret. */
final class YamlFile {

    private YamlFile() {}

    /** The YAML object in {@code file}, as a tree. */
    static JsonNode read(Path file) throws AccessException {
        JsonNode node;
        try {
            Object document = new Load(LoadSettings.builder().build()).loadFromString(TextFile.read(file));
            node = new ObjectMapper().valueToTree(document);
        } catch (MarkedYamlEngineException invalid) {
            Optional<Mark> mark = invalid.getProblemMark().or(invalid::getContextMark);
            throw AccessException.passing("'" + file + "' is not valid YAML"
                    + mark.map(place -> ": line " + (place.getLine() + 1) + ", column " + (place.getColumn() + 1))
                            .orElse(""));
        } catch (YamlEngineException | IllegalArgumentException invalid) {
            throw AccessException.passing("'" + file + "' is not valid YAML");
        }
        if (node == null || node.isNull()) {
            throw AccessException.passing("'" + file + "' is empty");
        }
        if (!node.isObject()) {
            throw AccessException.passing("'" + file + "' is no kubeconfig");
        }
        return node;
    }
}
