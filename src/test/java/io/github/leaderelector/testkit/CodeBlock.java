package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A fenced block of code in a Markdown document.
 *
 * @param document where it stands
 * @param section the heading that it stands under, without the signs before it
 * @param language what stands behind the opening fence
 * @param text the lines between the fences, without the indentation of the fences
 */
public record CodeBlock(Path document, String section, String language, String text) {

    private static final Pattern HEADING_OR_BLOCK =
            Pattern.compile("(?ms)^#+ (?<heading>[^\\n]*)$|^(?<indent> *)```(?<language>\\w+)\\n(?<text>.*?)^ *```$");
    private static final Pattern HERE_DOCUMENT = Pattern.compile("<< '(\\w+)'");

    /** All blocks of {@code document}, in order. */
    public static List<CodeBlock> in(Path document) {
        List<CodeBlock> blocks = new ArrayList<>();
        String section = "";
        Matcher found = HEADING_OR_BLOCK.matcher(read(document));
        while (found.find()) {
            if (found.group("heading") != null) {
                section = found.group("heading");
            } else {
                blocks.add(new CodeBlock(document, section, found.group("language"), unindented(found)));
            }
        }
        return blocks;
    }

    private static String unindented(MatchResult block) {
        int indent = block.group(2).length();
        return block.group(4)
                .lines()
                .map(line -> line.substring(Math.min(indent, line.length())))
                .collect(Collectors.joining("\n"));
    }

    /**
     * The commands of a block of shell, without comments behind them. One command goes on over the lines of a loop and
     * of a here-document.
     */
    public List<String> commands() {
        List<String> commands = new ArrayList<>();
        StringBuilder command = new StringBuilder();
        int loops = 0;
        @Nullable String endOfDocument = null;
        for (String line : text.split("\n", -1)) {
            String code = line.replaceFirst("\\s+# .*$", "");
            command.append(code).append('\n');
            Matcher hereDocument = HERE_DOCUMENT.matcher(code);
            if (endOfDocument != null) {
                endOfDocument = line.equals(endOfDocument) ? null : endOfDocument;
            } else if (hereDocument.find()) {
                endOfDocument = hereDocument.group(1);
            }
            loops += code.matches("(while|for) .*") ? 1 : code.matches("done( .*)?") ? -1 : 0;
            if (endOfDocument == null && loops == 0 && !code.isBlank()) {
                commands.add(command.toString().strip());
                command.setLength(0);
            }
        }
        return commands;
    }

    private static String read(Path document) {
        try {
            return Files.readString(document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
