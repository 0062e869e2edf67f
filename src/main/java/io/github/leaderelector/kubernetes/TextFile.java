package io.github.leaderelector.kubernetes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads small text files, such as tokens. */
final class TextFile {

    private TextFile() {}

    /** The text of {@code file}, without white space at its ends, as client-go reads it. */
    static String read(Path file) throws AccessException {
        try {
            // Not readString, which fails for text that is not UTF-8: the user of the text checks it.
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip();
        } catch (NoSuchFileException missing) {
            throw AccessException.passing("'" + file + "' does not exist");
        } catch (AccessDeniedException denied) {
            throw AccessException.passing("'" + file + "' may not be read by this user");
        } catch (IOException failure) {
            throw AccessException.passing("'" + file + "' cannot be read");
        }
    }

    /** The token in {@code text}, checked to be fit for a header; {@code origin} is its source, for people. */
    static String token(String text, String origin) throws AccessException {
        String token = text.strip();
        if (token.isEmpty()) {
            throw AccessException.passing(origin + " is empty");
        }
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw AccessException.passing(
                    origin + " is no token: it holds white space or other characters that none has");
        }
        return token;
    }
}
