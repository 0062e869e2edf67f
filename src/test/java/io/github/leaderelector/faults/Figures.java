package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.PackagedSidecar;
import io.github.leaderelector.testkit.Percentiles;
import io.github.leaderelector.testkit.Timings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;

/** The report of what was measured: one line of a Markdown table for each scenario. */
public final class Figures {

    private static final Path REPORT = Path.of("target/faults/report.md");
    private static final List<String> HEAD = List.of(
            "leader-elector is " + PackagedSidecar.form() + ".",
            "",
            "| scenario | timings (s) | measured | load average | held up |",
            "|---|---|---|---|---|");

    private Figures() {}

    /**
     * Adds {@code measured}, and prints it.
     *
     * @param heldUpNanos for how long the machine held the test itself up, at most: by as much bounds are lengthened,
     *     see {@link Scene#allowing}
     */
    static void add(String scenario, Timings timings, String measured, long heldUpNanos) {
        add(scenario, timings.toString(), measured, Percentiles.millis(Duration.ofNanos(heldUpNanos)));
    }

    /** Adds {@code measured} of a scenario without processes and files, and prints it. */
    public static void add(String scenario, String timings, String measured) {
        add(scenario, timings, measured, "");
    }

    private static void add(String scenario, String timings, String measured, String heldUp) {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        String line = "| %s | %s | %s | %.1f | %s |".formatted(scenario, timings, measured, load, heldUp);
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
