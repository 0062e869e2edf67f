package io.github.leaderelector.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * How the packaged application of this build is started on the running JDK: with the JVM options and the AOT cache of
 * the image where the JDK is as new as the image's; on an older one, as a user of the bare jar would.
 */
public final class PackagedSidecar {

    private static final int JDK_OF_THE_IMAGE = 25;
    private static final Path JAR =
            Path.of("target/quarkus-app/quarkus-run.jar").toAbsolutePath();
    private static final Path CACHE = Path.of("target/sidecar.aot").toAbsolutePath();
    private static final Path IMAGE = Path.of("src/main/docker").toAbsolutePath();
    private static final Duration TRAINING_LIMIT = Duration.ofMinutes(5);

    private PackagedSidecar() {}

    /**
     * The program and its arguments.
     *
     * @throws java.util.concurrent.CompletionException if the AOT cache cannot be made; each time, with the cause
     */
    public static List<String> command() {
        return Made.COMMAND.join();
    }

    /** The JVM options alone: those of the image, as far as the running JDK knows them. */
    public static List<String> options() {
        return hasJdkOfTheImage()
                ? List.of("@" + IMAGE.resolve("jvm.options"))
                : List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx96m");
    }

    private static boolean hasJdkOfTheImage() {
        return Runtime.version().feature() >= JDK_OF_THE_IMAGE;
    }

    /**
     * The same with {@code options} for the JVM behind its own, as {@code JAVA_OPTS_APPEND} of the image adds them.
     *
     * @param options separated by spaces; empty for none
     */
    static List<String> command(String options) {
        List<String> command = new ArrayList<>(command());
        if (!options.isBlank()) {
            command.addAll(command.indexOf("-jar"), List.of(options.strip().split(" +")));
        }
        return command;
    }

    /** Made when first asked for: training takes some twenty seconds. */
    private static final class Made {

        static final CompletableFuture<List<String>> COMMAND = CompletableFuture.supplyAsync(Made::make, Runnable::run);

        private static List<String> make() {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            List<String> command = new ArrayList<>(List.of(java));
            command.addAll(options());
            command.addAll(List.of("-jar", JAR.toString()));
            if (hasJdkOfTheImage()) {
                train(command);
                // Without a usable cache it does not start: nobody is to measure something else unawares.
                command.addAll(1, List.of("-XX:AOTCache=" + CACHE, "-XX:AOTMode=on"));
            }
            return List.copyOf(command);
        }

        private static void train(List<String> command) {
            List<String> training = new ArrayList<>(
                    List.of(command.get(0), IMAGE.resolve("Train.java").toString(), CACHE.toString()));
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
