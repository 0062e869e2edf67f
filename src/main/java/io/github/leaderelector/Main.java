package io.github.leaderelector;

import io.github.leaderelector.config.Environment;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.outlet.http.ConnectionsExtension;
import io.github.leaderelector.outlet.log.LossyOutput;
import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The entry point of the process.
 *
 * <p>The exit status of the process:
 *
 * <ul>
 *   <li>status 0 after a stop by SIGTERM or SIGINT;
 *   <li>status 78 ({@code EX_CONFIG}) when settings are wrong;
 *   <li>status 1 when it could not start for another reason, such as a port in use, or when it was cut off because
 *       stopping took too long.
 * </ul>
 *
 * <p>The reason is printed to standard error and, so that {@code kubectl describe pod} shows it, written to the
 * container's termination message path: {@code /dev/termination-log}, or what the environment variable
 * {@value #TERMINATION_MESSAGE_PATH} says, as in the pod's field of that name.
 */
@QuarkusMain
public final class Main {

    private static final Logger LOG = Logger.getLogger(Main.class);

    static final String TERMINATION_MESSAGE_PATH = "TERMINATION_MESSAGE_PATH";

    /** How long the process waits at its end until its output is read. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    // Not private: the container would need reflection.
    Main() {}

    /** Runs the sidecar until it is told to stop. */
    public static void main(String... args) {
        LossyOutput out = output(FileDescriptor.out, "stdout");
        LossyOutput err = output(FileDescriptor.err, "stderr");
        System.setOut(new PrintStream(out, false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(err, false, StandardCharsets.UTF_8));
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> LOG.error("LE-110 Thread '" + thread.getName() + "' has died.", failure));
        Exit exit = new Exit(System.err, terminationMessagePath(), Main::drain, () -> {
            var unused = out.drain(LAST_WORDS) && err.drain(LAST_WORDS);
        });
        Runtime.getRuntime().addShutdownHook(new Thread(exit::onShutdown, "exit"));
        Environment.limit();
        ConnectionsExtension.enable();
        try {
            Quarkus.run(null, exit::onStopped, args);
        } catch (Throwable failure) {
            // Quarkus does not report a failure of static initialisation to the exit handler.
            exit.onStopped(Exit.FAILED, failure);
        }
    }

    private static LossyOutput output(FileDescriptor target, String name) {
        return new LossyOutput(
                new FileOutputStream(target),
                name,
                lines -> LOG.warnf("LE-109 %d lines for %s were dropped: its reader did not read them.", lines, name));
    }

    /** The configured drain; empty before the election has begun, and near the end of the stop. */
    private static Optional<Duration> drain() {
        ArcContainer container = Arc.container();
        try {
            return container == null || !container.isRunning()
                    ? Optional.empty()
                    : Lifecycle.existing(container)
                            .filter(Lifecycle::hasBegun)
                            .map(begun ->
                                    container.instance(Settings.class).get().drain());
        } catch (RuntimeException | LinkageError stillStarting) {
            return Optional.empty();
        }
    }

    private static Path terminationMessagePath() {
        return Path.of(System.getenv().getOrDefault(TERMINATION_MESSAGE_PATH, "/dev/termination-log"));
    }
}
