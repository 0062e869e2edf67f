package io.github.leaderelector.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Programs of this machine that tests run. */
public final class Programs {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    /**
     * How a program ended.
     *
     * @param status its exit status
     * @param output what it wrote to standard output and standard error
     */
    public record Ended(int status, String output) {}

    private Programs() {}

    /** Where the program {@code name} is; without it the test is skipped, and says so. */
    public static Path need(String name) {
        Path found = Stream.of(System.getenv("PATH").split(":"))
                .map(entry -> Path.of(entry, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(found != null, () -> "There is no " + name + " on this machine.");
        return found;
    }

    /**
     * Runs {@code command} and waits for its end.
     *
     * @param input what it reads from standard input
     * @param environment what to add to this process's
     */
    public static Ended run(List<String> command, String input, Map<String, String> environment) throws IOException {
        return run(command, input, environment, LIMIT);
    }

    /** The same, for a program that may take as long as {@code limit}. */
    public static Ended run(List<String> command, String input, Map<String, String> environment, Duration limit)
            throws IOException {
        Path in = Files.createTempFile("input", null);
        Path out = Files.createTempFile("output", null);
        try {
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(in.toFile())
                    .redirectOutput(out.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " still runs after " + limit.toSeconds() + " s.");
            }
            return new Ended(process.exitValue(), Files.readString(out, StandardCharsets.UTF_8));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        } finally {
            Files.delete(in);
            Files.delete(out);
        }
    }
}
