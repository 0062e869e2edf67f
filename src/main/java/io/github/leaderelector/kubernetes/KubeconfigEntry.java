package io.github.leaderelector.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A part of a kubeconfig.
 *
 * @param file the file that it is from
 * @param where the name of the part, for people
 * @param node its content
 */
record KubeconfigEntry(Path file, String where, JsonNode node) {

    /** The full name of the field, for people. */
    String field(String name) {
        return "'" + name + "' of " + where + " in '" + file + "'";
    }

    /** A text; empty if it is missing or empty. */
    Optional<String> text(String name) {
        return Optional.of(node.path(name).asText("")).map(String::strip).filter(text -> !text.isEmpty());
    }

    /** A path, relative to its file. */
    Optional<Path> path(String name) throws AccessException {
        Optional<String> text = text(name);
        try {
            return text.map(path -> file.toAbsolutePath().resolveSibling(path));
        } catch (InvalidPathException notOne) {
            throw AccessException.permanent(field(name) + " is no path");
        }
    }

    /** A value that is encoded in Base64, decoded. */
    Optional<String> data(String name) throws AccessException {
        Optional<String> text = text(name);
        try {
            return text.map(
                    base64 -> new String(Base64.getMimeDecoder().decode(base64), StandardCharsets.UTF_8).strip());
        } catch (IllegalArgumentException notOne) {
            throw AccessException.passing(field(name) + " is no Base64");
        }
    }

    /** Whether it is said, also in the words of YAML 1.1, which kubectl reads. */
    boolean flag(String name) {
        return List.of("true", "yes", "on").contains(node.path(name).asText().toLowerCase(Locale.ROOT));
    }
}
