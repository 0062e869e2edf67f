package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * How the packaged application of this build is started. With {@code -Dsidecar.executable=FILE} it is that native
 * executable. Otherwise it is {@code target/quarkus-app} on the running JDK: with the JVM options and the AOT cache of
 * the image where the JDK is as new as the image's; on an older one, as a user of the bare jar would start it.
 */
public final class PackagedSidecar {

    /** The system property that names the native executable. */
    public static final String EXECUTABLE = "sidecar.executable";

    /** The environment variable that gives a JVM further options; see {@link #command(String)}. */
    static final String OPTIONS = "JDK_JAVA_OPTIONS";

    private static final int JDK_OF_THE_IMAGE = 25;
    private static final Path JAR =
            Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();
    private static final Path CACHE = Path.of("target/sidecar.aot").toAbsolutePath();
    private static final String MADE_OF = "target/sidecar.aot.made-of";
    private static final Path IMAGE = Path.of("src/main/docker").toAbsolutePath();
    private static final Duration TRAINING_LIMIT = Duration.ofMinutes(5);

    private PackagedSidecar() {}

    /** Whether it is a native executable. */
    public static boolean isNative() {
        return executable().isPresent();
    }

    /** What is started, for reports. */
    public static String form() {
        return executable()
                .map(program -> "native executable " + program)
                .orElse("target/quarkus-app on JDK " + Runtime.version().feature()
                        + (hasJdkOfTheImage() ? " with the image's options and AOT cache" : ""));
    }

    /**
     * The program and its arguments.
     *
     * @throws java.util.concurrent.CompletionException if the AOT cache cannot be made; each time, with the cause
     * @throws IllegalStateException if the executable that was asked for is not there
     */
    public static List<String> command() {
        return executable().map(program -> List.of(program.toString())).orElseGet(Made.COMMAND::join);
    }

    /**
     * The same without an AOT cache, so that nothing has to be made first.
     *
     * @throws IllegalStateException if the executable that was asked for is not there
     */
    public static List<String> plainCommand() {
        return executable().map(program -> List.of(program.toString())).orElse(List.of(java(), "-jar", JAR.toString()));
    }

    /** The JVM options alone: those of the image, as far as the running JDK knows them. */
    public static List<String> options() {
        return hasJdkOfTheImage()
                ? List.of("-XX:Flags=" + IMAGE.resolve("jvm.flags"))
                : List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx96m");
    }

    /**
     * The same with further options, which win over its own: before {@code -jar}, or as arguments of the executable,
     * which knows {@code -Xmx} and {@code -Xss} as a JVM does.
     *
     * @param options separated by spaces; empty for none
     */
    static List<String> command(String options) {
        return with(options, command());
    }

    /** Adds {@code options} to {@code command}, which is one of the two. */
    static List<String> with(String options, List<String> command) {
        if (options.isBlank()) {
            return command;
        }
        int jar = command.indexOf("-jar");
        List<String> added = new ArrayList<>(command);
        added.addAll(jar < 0 ? command.size() : jar, List.of(options.strip().split(" +")));
        return List.copyOf(added);
    }

    private static Optional<Path> executable() {
        return executable(System.getProperty(EXECUTABLE, ""));
    }

    /** The file called {@code name}; none when it is empty. */
    static Optional<Path> executable(String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        Path program = Path.of(name).toAbsolutePath();
        if (!Files.isExecutable(program)) {
            throw new IllegalStateException(
                    "-D" + EXECUTABLE + " names " + program + ", which is not an executable file.");
        }
        return Optional.of(program);
    }

    /** Whether the JVM of the tests has the version of the image's, for which its options are. */
    public static boolean hasJdkOfTheImage() {
        return Runtime.version().feature() >= JDK_OF_THE_IMAGE;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Made when first asked for: training takes some twenty seconds, once per build. */
    private static final class Made {

        static final CompletableFuture<List<String>> COMMAND = CompletableFuture.supplyAsync(Made::make, Runnable::run);

        private static List<String> make() {
            List<String> command = Stream.of(List.of(java()), options(), List.of("-jar", JAR.toString()))
                    .flatMap(List::stream)
                    .collect(ArrayList::new, List::add, List::addAll);
            if (hasJdkOfTheImage()) {
                trainOnce(command);
                // Without a usable cache it does not start: nobody is to measure something else unawares.
                command.addAll(1, List.of("-XX:AOTCache=" + CACHE, "-XX:AOTMode=on"));
            }
            return List.copyOf(command);
        }

        /** Forks of one build share the cache: the first of them makes it, and notes what it was made of. */
        private static void trainOnce(List<String> command) {
            try (RandomAccessFile note = new RandomAccessFile(MADE_OF, "rw")) {
                // Until it is closed; so no other stream may be opened on the file, whose end would end the lock.
                var unused = note.getChannel().lock();
                String present = command
                        + modified(JAR)
                        + modified(IMAGE.resolve("Train.java"))
                        + modified(IMAGE.resolve("jvm.flags"));
                if (Files.exists(CACHE) && present.equals(note.readLine())) {
                    return;
                }
                note.setLength(0);
                train(command);
                note.seek(0);
                note.writeBytes(present);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        private static String modified(Path file) throws IOException {
            return " " + Files.getLastModifiedTime(file);
        }

        private static void train(List<String> command) {
            List<String> training = new ArrayList<>(List.of(
                    command.get(0),
                    "-cp",
                    JAR.toString(),
                    IMAGE.resolve("Train.java").toString(),
                    CACHE.toString()));
            training.addAll(command);
            try {
                Programs.Ended ended = Programs.run(training, "", Map.of(), TRAINING_LIMIT);
                if (ended.status() != 0) {
                    throw new IllegalStateException("The AOT cache was not made: " + ended.output());
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
