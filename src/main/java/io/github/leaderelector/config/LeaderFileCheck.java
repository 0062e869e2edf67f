package io.github.leaderelector.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** The rules for the place of the leader file. */
final class LeaderFileCheck {

    private final Problems problems;
    private final Predicate<Path> writable;

    /** @param writable whether this user may create files in a directory */
    LeaderFileCheck(Problems problems, Predicate<Path> writable) {
        this.problems = problems;
        this.writable = writable;
    }

    Path leaderFile(String text) {
        Path file;
        try {
            file = Path.of(text).toAbsolutePath().normalize();
        } catch (InvalidPathException invalid) {
            problems.wrong("LEADER_FILE", text, "the path of a file, or empty for none");
            return Path.of("");
        }
        Path directory = file.getParent();
        if (Files.isSymbolicLink(file)) {
            // A rename would replace the link, not its target.
            problems.wrong(
                    "LEADER_FILE",
                    text,
                    "the path of a file, not a symbolic link: remove the link, or set LEADER_FILE to the path that it"
                            + " points to");
        } else if (directory == null || Files.isDirectory(file)) {
            problems.wrong(
                    "LEADER_FILE",
                    text,
                    directory == null
                            ? "the path of a file, not a directory"
                            : "the path of a file, not a directory: mount the volume at the directory around it"
                                    + " ('mountPath: "
                                    + directory
                                    + "'), or set LEADER_FILE to a file in it ('"
                                    + file.resolve("leader")
                                    + "')");
        } else if (!Files.isDirectory(directory)) {
            problems.wrong(
                    "LEADER_FILE",
                    text,
                    "a file in a directory that exists, but '" + directory + "' is none: mount a volume there");
        } else if (!writable.test(directory)) {
            problems.wrong(
                    "LEADER_FILE",
                    text,
                    "a file in a directory that this user may write to, but '"
                            + directory
                            + "' is not: mount a writable volume there, such as an emptyDir");
        }
        return file;
    }
}
