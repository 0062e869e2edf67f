package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A PostgreSQL server of this machine's Debian package {@code postgresql}, on a database of its own. */
public final class Postgres implements AutoCloseable {

    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");
    private static final String USER = "postgres";
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final Path folder;
    private final int port = Ports.free();
    private final Process process;

    private Postgres(Path programs) throws IOException {
        // Not under target: the user whom it runs as may not reach that.
        folder = Files.createTempDirectory("postgres");
        Path data = Files.createDirectory(folder.resolve("data"));
        List<String> asUser = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // It refuses to run as root.
            var nobody = folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody");
            Files.setOwner(folder, nobody);
            Files.setOwner(data, nobody);
            asUser.addAll(List.of("setpriv", "--reuid=nobody", "--clear-groups"));
        }
        List<String> init = new ArrayList<>(asUser);
        init.addAll(List.of(programs.resolve("initdb").toString(), "-D", data.toString(), "-U", USER, "-A", "trust"));
        Programs.Ended initialised = Programs.run(init, "", Map.of());
        if (initialised.status() != 0) {
            throw new AssertionError(initialised.output());
        }
        List<String> command = new ArrayList<>(asUser);
        command.addAll(List.of(programs.resolve("postgres").toString(), "-D", data.toString()));
        command.addAll(List.of("-k", folder.toString(), "-h", "127.0.0.1", "-p", String.valueOf(port), "-F"));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "postgres.log").toFile())
                .start();
    }

    /** Starts one; returns when it answers. Where there is no PostgreSQL the test is skipped, and says so. */
    public static Postgres start() {
        Programs.need("psql");
        Path programs = programs();
        try {
            Postgres postgres = new Postgres(programs);
            Wait.until(
                    START_LIMIT,
                    () -> "PostgreSQL does not answer; see target/postgres.log",
                    () -> postgres.sql("SELECT 1").status() == 0);
            return postgres;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path programs() {
        try (Stream<Path> versions = Files.isDirectory(VERSIONS) ? Files.list(VERSIONS) : Stream.empty()) {
            Path found = versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
            Assumptions.assumeTrue(found != null, "There is no PostgreSQL on this machine: no initdb in " + VERSIONS);
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The environment in which {@code psql} reaches it. */
    public Map<String, String> environment() {
        return Map.of("PGHOST", "127.0.0.1", "PGPORT", String.valueOf(port), "PGUSER", USER, "PGDATABASE", USER);
    }

    /** Runs {@code statements} one after the other, up to the first that fails; the output has bare rows. */
    public Programs.Ended sql(String statements) throws IOException {
        return Programs.run(
                List.of("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"), statements, environment());
    }

    /** Ends it, at once, and forgets all that is in it. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
            // Its children end by themselves a moment later; until then they may still write.
            Wait.until(START_LIMIT, () -> folder + " cannot be deleted.", () -> {
                try {
                    RealApiServer.deleteTree(folder);
                    return true;
                } catch (IOException | UncheckedIOException notYet) {
                    return false;
                }
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
