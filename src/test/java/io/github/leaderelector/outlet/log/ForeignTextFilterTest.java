package io.github.leaderelector.outlet.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.ExtLogRecord.FormatStyle;
import org.jboss.logmanager.Level;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

/** Rows C1 to C3 of the faults: no logger can write a secret or a forged line into the log. */
class ForeignTextFilterTest {

    private static final Pattern MESSAGE = Pattern.compile("\"(LE-\\d{3} (?:[^\"\\\\]|\\\\.|\"\\s*\\+\\s*\")*)\"");

    private final ForeignTextFilter filter = new ForeignTextFilter();

    @Test
    void whatALibraryLogsIsMadeFitToBeShown() {
        ExtLogRecord line = record("Failed: %s", "Bearer c4n4ry\nINFO LE-101 forged\u001b[31m");

        assertThat(filter.isLoggable(line)).isTrue();

        assertThat(shown(line)).isEqualTo("Failed: Bearer *** INFO LE-101 forged\\u001b[31m");
    }

    @Test
    void aTraceKeepsItsKindsAndPlacesButNoSecret() {
        ExtLogRecord line = record("Failed.");
        line.setThrown(new IllegalStateException("outer", new IOException("password=c4n4ry\nforged")));

        assertThat(filter.isLoggable(line)).isTrue();

        assertThat(shown(line))
                .startsWith("Failed.: java.lang.IllegalStateException: outer")
                .contains("Caused by: java.io.IOException: password=*** forged")
                .contains("at " + getClass().getName() + ".")
                .doesNotContain("c4n4ry");
    }

    @Test
    void aFailureThatIsItsOwnCauseEnds() {
        IOException first = new IOException("first");
        first.initCause(new IOException("second", first));
        ExtLogRecord line = record("Failed.");
        line.setThrown(first);

        assertThat(filter.isLoggable(line)).isTrue();

        assertThat(shown(line)).contains("Caused by: java.io.IOException: second");
    }

    @Test
    void ourOwnLinesStayAsTheyAre() throws IOException {
        List<String> messages;
        try (Stream<Path> sources = Files.walk(Path.of("src", "main", "java"))) {
            messages = sources.filter(Files::isRegularFile)
                    .flatMap(source -> MESSAGE.matcher(read(source)).results().map(ForeignTextFilterTest::text))
                    .toList();
        }
        assertThat(messages).hasSizeGreaterThan(20).allSatisfy(message -> {
            ExtLogRecord line = new ExtLogRecord(Level.INFO, message, FormatStyle.NO_FORMAT, "x");
            assertThat(filter.isLoggable(line)).isTrue();
            assertThat(line.getMessage()).isEqualTo(message.strip());
        });
    }

    private static String text(MatchResult literal) {
        return literal.group(1).replaceAll("\"\\s*\\+\\s*\"", "");
    }

    private static ExtLogRecord record(String message, Object... parameters) {
        ExtLogRecord line = new ExtLogRecord(Level.WARN, message, FormatStyle.PRINTF, "x");
        line.setParameters(parameters);
        return line;
    }

    private static String shown(ExtLogRecord line) {
        return new PatternFormatter("%s%e").format(line);
    }

    private static String read(Path source) {
        try {
            return Files.readString(source);
        } catch (IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }
}
