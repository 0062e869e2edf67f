package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The leader elector on client-go in {@code src/test/clientgo}, built by the Go that this machine has. The build is
 * kept in {@code ~/.cache/leader-elector}, or where {@code XDG_CACHE_HOME} says, until its sources change.
 */
public final class ClientGo {

    private static final Path SOURCES = Path.of("src/test/clientgo");

    private ClientGo() {}

    /** Why there can be no such program here, one sentence; empty when there can. */
    public static Optional<String> missing() {
        try {
            run(List.of("go", "version"));
            return Optional.empty();
        } catch (IOException noGo) {
            return Optional.of(
                    "There is no program go in the PATH; with Go 1.26 or later the elector on client-go is built.");
        }
    }

    /**
     * The program, built unless it is there; a first build takes a minute, and a network.
     *
     * @throws AssertionError with the compiler's words, when it cannot be built
     */
    public static Path program() {
        try {
            Path program = cache().resolve("clientgo-" + fingerprint());
            if (!Files.isExecutable(program)) {
                Files.createDirectories(cache());
                Path fresh = Files.createTempFile(cache(), "clientgo", "");
                run(List.of(
                        "go",
                        "build",
                        "-C",
                        SOURCES.toString(),
                        "-trimpath",
                        "-buildvcs=false",
                        "-ldflags=-s -w",
                        "-o",
                        fresh.toString(),
                        "."));
                Files.move(fresh, program, StandardCopyOption.ATOMIC_MOVE);
            }
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path cache() {
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

    private static void run(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // Without it the program would need the libc of this machine, and a C compiler.
        builder.environment().put("CGO_ENABLED", "0");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new AssertionError(String.join(" ", command) + " failed:\n" + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting.", e);
        }
    }
}
