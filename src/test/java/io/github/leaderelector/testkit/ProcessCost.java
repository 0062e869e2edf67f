package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The cost of a process until now, as the Linux kernel counts it.
 *
 * @param cpu processor time since its start, of all its threads; in steps of 10 ms
 * @param threads how many it has
 * @param rss its resident memory, KiB
 * @param pss the same, where pages that others have mapped, too, count in part
 * @param anonymous the part of {@code pss} that no file backs, so that the kernel cannot take it back
 * @param file the rest of {@code pss}
 */
public record ProcessCost(Duration cpu, int threads, long rss, long pss, long anonymous, long file) {

    private static final long MILLIS_PER_TICK = 10;

    /** Of the process {@code pid} now. */
    public static ProcessCost of(long pid) {
        Path proc = Path.of("/proc", String.valueOf(pid));
        try {
            List<String> memory = Files.readAllLines(proc.resolve("smaps_rollup"));
            return new ProcessCost(
                    cpu(pid),
                    (int) kibibytes(Files.readAllLines(proc.resolve("status")), "Threads"),
                    kibibytes(memory, "Rss"),
                    kibibytes(memory, "Pss"),
                    kibibytes(memory, "Pss_Anon"),
                    kibibytes(memory, "Pss_File"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The processor time alone, which is cheaper to ask for. */
    public static Duration cpu(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
            // proc(5): fields 14 and 15; the second one is a name in brackets that may hold blanks.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Duration.ofMillis((Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long kibibytes(List<String> lines, String key) {
        return lines.stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("No " + key + " in " + lines));
    }
}
