package io.github.leaderelector;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.outlet.http.UnreadableRequests;
import io.quarkus.arc.Arc;
import io.quarkus.arc.ArcContainer;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The entry point of the process.
 *
 * <p>What the process leaves behind:
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

    static final String TERMINATION_MESSAGE_PATH = "TERMINATION_MESSAGE_PATH";

    // Not private: the container would need reflection.
    Main() {}

    /** Runs the sidecar until it is told to stop. */
    public static void main(String... args) {
        Exit exit = new Exit(System.err, terminationMessagePath(), Main::drain);
        Runtime.getRuntime().addShutdownHook(new Thread(exit::onShutdown, "exit"));
        UnreadableRequests.enable();
        try {
            Quarkus.run(null, exit::onStopped, args);
        } catch (Throwable failure) {
            // Static initialisation fails outside of what Quarkus reports to the exit handler.
            exit.onStopped(Exit.FAILED, failure);
        }
    }

    /** The drain that is set; none before the settings are read, and when the stop is all but over. */
    private static Duration drain() {
        ArcContainer container = Arc.container();
        try {
            return container == null || !container.isRunning()
                    ? Duration.ZERO
                    : container.instance(Settings.class).get().drain();
        } catch (RuntimeException stillStarting) {
            return Duration.ZERO;
        }
    }

    private static Path terminationMessagePath() {
        return Path.of(System.getenv().getOrDefault(TERMINATION_MESSAGE_PATH, "/dev/termination-log"));
    }
}
