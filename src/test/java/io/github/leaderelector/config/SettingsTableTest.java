package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Keeps the table of settings in the documents the one that the source makes; CONTRIBUTING.md says how to renew it. */
class SettingsTableTest {

    private static final Path DOCUMENT = Path.of("docs", "settings.md");
    private static final Path SOURCE =
            Path.of("src", "main", "java", "io", "github", "leaderelector", "config", "LeaderElectorConfig.java");

    private static final Pattern SETTING = Pattern.compile("""
            (?s)    /\\*\\*(?<description>(?:(?!\\*/).)*?)@return (?<allowed>(?:(?!\\*/).)*?)\\*/
                @WithDefault\\("\\$\\{(?<variable>\\w+):(?<preset>[^}]*)}"\\)
                Optional<String> (?<method>\\w+)\\(\\);""");

    private static final Pattern TABLE = Pattern.compile("(?s)(?<=<!-- Made from [^\n]{0,99} -->\n).*?(?=<!-- End)");

    @Test
    void theTableOfSettingsIsTheOneThatTheSourceMakes() throws IOException {
        String document = Files.readString(DOCUMENT);
        String table = table();

        if (System.getProperty("settings.table", "").equals("write")) {
            document = TABLE.matcher(document).replaceFirst(result -> Matcher.quoteReplacement(table));
            Files.writeString(DOCUMENT, document);
        }

        assertThat(TABLE.matcher(document).results().map(MatchResult::group)).containsExactly(table);
    }

    private static String table() throws IOException {
        List<String> rows = SETTING.matcher(Files.readString(SOURCE))
                .results()
                .map(SettingsTableTest::row)
                .toList();
        assertThat(rows).as("settings that were understood").hasSize(LeaderElectorConfig.class.getMethods().length);
        return """
            | Variable | Property | Default | Meaning | Allowed |
            |---|---|---|---|---|
            """ + rows.stream().map(row -> row + "\n").collect(Collectors.joining());
    }

    private static String row(MatchResult setting) {
        String property = setting.group(5).replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        String preset = setting.group(4).isEmpty() ? "" : "`" + setting.group(4) + "`";
        return "| `%s` | `leader-elector.%s` | %s | %s | %s |"
                .formatted(setting.group(3), property, preset, prose(setting.group(1)), prose(setting.group(2)));
    }

    /** The text of a Javadoc comment in Markdown, on one line. */
    private static String prose(String javadoc) {
        String text = javadoc.replaceAll("\\s+\\*", " ")
                .replaceAll("\\{@code ([^}]*)}", "`$1`")
                .replaceAll("\\s+", " ")
                .strip();
        assertThat(text).as("Javadoc that the table can show").doesNotContain("|", "{@", "<");
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
}
