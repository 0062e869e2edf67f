package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.Timings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The report of what was measured: one line of a Markdown table for each scenario. */
final class Figures {

    private static final Path REPORT = Path.of("target/faults/report.md");
    private static final List<String> HEAD =
            List.of("| scenario | timings (s) | measured | load average |", "|---|---|---|---|");

    private Figures() {}

    /** Adds {@code measured}, and prints it. */
    static void add(String scenario, Timings timings, String measured) {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        String line = "| %s | %s | %s | %.1f |".formatted(scenario, timings, measured, load);
        System.out.println(line);
        try {
            if (!Files.exists(REPORT)) {
                Files.createDirectories(REPORT.toAbsolutePath().getParent());
                Files.write(REPORT, HEAD);
            }
            Files.write(REPORT, List.of(line), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
