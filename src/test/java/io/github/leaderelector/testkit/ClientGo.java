package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The leader elector on client-go in {@code src/test/clientgo}, built by the Go that this machine has. The build is
 * kept in {@code ~/.cache/leader-elector}, or where {@code XDG_CACHE_HOME} says, until its sources change.
 */
public final class ClientGo {

    private static final Duration BUILD_LIMIT = Duration.ofMinutes(10);
    private static final Path SOURCES = Path.of("src/test/clientgo");

    private ClientGo() {}

    /**
     * The program, built unless it is there; a first build takes a minute, and a network. Without Go the test is
     * skipped, and says so.
     *
     * @throws AssertionError with the compiler's words, when it cannot be built
     */
    public static Path program() {
        Path go = Programs.need("go");
        try {
            Path program = cache().resolve("clientgo-" + fingerprint());
            if (!Files.isExecutable(program)) {
                Files.createDirectories(cache());
                Path fresh = Files.createTempFile(cache(), "clientgo", "");
                build(go, fresh);
                Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
            }
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void build(Path go, Path program) throws IOException {
        List<String> command = List.of(
                go.toString(),
                "build",
                "-C",
                SOURCES.toString(),
                "-trimpath",
                "-buildvcs=false",
                "-ldflags=-s -w",
                "-o",
                program.toString(),
                ".");
        // With cgo the program would need the libc of this machine, and a C compiler.
        Programs.Ended build = Programs.run(command, "", Map.of("CGO_ENABLED", "0"), BUILD_LIMIT);
        if (build.status() != 0) {
            throw new AssertionError(String.join(" ", command) + " failed:\n" + build.output());
        }
    }

    /** Where tests keep programs that they have built. */
    static Path cache() {
        String set = System.getenv("XDG_CACHE_HOME");
        Path caches = set == null ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(set);
        return caches.resolve("leader-elector");
    }

    private static String fingerprint() throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String source : List.of("go.mod", "go.sum", "main.go")) {
                digest.update(Files.readAllBytes(SOURCES.resolve(source)));
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
