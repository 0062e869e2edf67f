package io.github.leaderelector.bench;

import io.github.leaderelector.testkit.PackagedSidecar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The measurements of the bench: one line of a Markdown table for each figure. */
public final class Report {

    private static final Path FILE = Path.of("target/bench/report.md");
    private static final List<String> HEAD = List.of(
            "leader-elector is " + PackagedSidecar.form() + ".",
            "",
            "| what | leader-elector | client-go | ratio | load average |",
            "|---|---|---|---|---|");

    private Report() {}

    /** A figure that only the sidecar has. */
    public static void add(String what, String ours) {
        add(what, ours, "", "");
    }

    /** A figure of both, in {@code unit}. */
    public static void add(String what, double ours, double theirs, String unit) {
        add(what, number(ours) + " " + unit, number(theirs) + " " + unit, theirs == 0 ? "" : number(ours / theirs));
    }

    private static void add(String what, String ours, String theirs, String ratio) {
        double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
        String line = "| %s | %s | %s | %s | %.1f |".formatted(what, ours, theirs, ratio, load);
        System.out.println(line);
        try {
            if (!Files.exists(FILE)) {
                Files.createDirectories(FILE.toAbsolutePath().getParent());
                Files.write(FILE, HEAD);
            }
            Files.write(FILE, List.of(line), StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String number(double value) {
        return value >= 100 ? "%.0f".formatted(value) : value >= 10 ? "%.1f".formatted(value) : "%.2f".formatted(value);
    }
}
