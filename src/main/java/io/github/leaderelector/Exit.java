package io.github.leaderelector;

import io.github.leaderelector.config.InvalidSettingsException;
import io.github.leaderelector.text.ForeignText;
import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process: with a status, a printed reason, and within a time limit.
 *
 * <p>A JVM ends with status 143 after SIGTERM, even after an orderly stop; Kubernetes then shows the container as
 * failed. So a shutdown hook waits for the orderly stop and ends the process itself.
 */
final class Exit {

    /** How long a stop may take in addition to the drain before the process is ended. */
    static final Duration STOP_LIMIT = Duration.ofSeconds(8);

    /** Status: an orderly stop. */
    static final int OK = 0;

    /** Status: could not start, or could not stop in time. */
    static final int FAILED = 1;

    /** Status: wrong settings, {@code EX_CONFIG} of sysexits.h. */
    static final int WRONG_SETTINGS = 78;

    private final PrintStream err;
    private final Path terminationMessage;
    private final Supplier<Optional<Duration>> drain;
    private final Runnable awaitOutput;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile int status;

    /**
     * The result of the process.
     *
     * @param status the exit status
     * @param lines the lines to print; empty after a normal stop
     */
    record Outcome(int status, List<String> lines) {}

    /**
     * @param err where reasons are printed
     * @param terminationMessage the file in which Kubernetes reads the reason; not created if it does not exist
     * @param drain how long an orderly stop may take in addition to the {@link #STOP_LIMIT}; empty while nothing has
     *     begun that needs an orderly stop
     * @param awaitOutput waits, for a short time at most, until all output is written
     */
    Exit(PrintStream err, Path terminationMessage, Supplier<Optional<Duration>> drain, Runnable awaitOutput) {
        this.err = err;
        this.drain = drain;
        this.awaitOutput = awaitOutput;
        this.terminationMessage = terminationMessage;
    }

    /**
     * Called when the application has stopped or failed to start; ends the process.
     *
     * @param quarkusStatus the status Quarkus would exit with
     * @param failure why it failed; null when it did not
     */
    void onStopped(int quarkusStatus, @Nullable Throwable failure) {
        Outcome outcome;
        if (failure == null) {
            outcome = new Outcome(quarkusStatus, List.of());
        } else if (isShuttingDown()) {
            // A stop during the start makes Quarkus fail in one of several ways.
            outcome = new Outcome(OK, List.of());
        } else {
            outcome = outcomeOf(failure);
        }
        tell(outcome.lines());
        status = outcome.status();
        stopped.countDown();
        awaitOutput.run();
        // Never returns: during a shutdown it blocks until the hook ends the process.
        System.exit(outcome.status());
    }

    /** The JVM does not say it, but it accepts no further hook then. */
    static boolean isShuttingDown() {
        Thread probe = new Thread(() -> {});
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
            return false;
        } catch (IllegalStateException shuttingDown) {
            return true;
        }
    }

    /** The body of the shutdown hook. */
    void onShutdown() {
        boolean bySignal = stopped.getCount() > 0;
        if (bySignal) {
            int left = awaitStop(STOP_LIMIT.plus(drain.get().orElse(Duration.ZERO)));
            awaitOutput.run();
            Runtime.getRuntime().halt(left);
        }
    }

    /** Waits for the orderly stop, at most {@code limit}; returns the exit status. */
    int awaitStop(Duration limit) {
        try {
            if (stopped.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                return status;
            }
        } catch (InterruptedException nobodyInterruptsAHook) {
            Thread.currentThread().interrupt();
        }
        if (drain.get().isEmpty()) {
            // The process was stopped before anything began.
            return OK;
        }
        tell(List.of(
                "leader-elector: stopping took longer than " + limit.toSeconds() + " s; the process was cut off."));
        return FAILED;
    }

    /** The result of a failed start. */
    static Outcome outcomeOf(Throwable failure) {
        Logger.getLogger(Exit.class).debug("The start failed.", failure);
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidSettingsException invalid) {
                return wrongSettings(invalid.problems());
            }
            if (cause instanceof ConfigValidationException invalid) {
                return wrongSettings(IntStream.range(0, invalid.getProblemCount())
                        .mapToObj(i -> ForeignText.of(invalid.getProblem(i).getMessage()))
                        .toList());
            }
            if (cause instanceof QuarkusBindException bind) {
                return failed(portTaken(bind));
            }
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return failed("leader-elector: could not start: " + ForeignText.of(root));
    }

    private static Outcome failed(String line) {
        return new Outcome(FAILED, List.of(line));
    }

    private static Outcome wrongSettings(List<String> problems) {
        String head = problems.size() == 1
                ? "leader-elector: 1 setting is wrong:"
                : "leader-elector: " + problems.size() + " settings are wrong:";
        return new Outcome(
                WRONG_SETTINGS,
                Stream.concat(Stream.of(head), problems.stream()).toList());
    }

    private static String portTaken(QuarkusBindException bind) {
        String message = String.valueOf(bind.getMessage());
        return message.contains("Permission denied")
                ? "leader-elector: HTTP_PORT is "
                        + bind.getPort()
                        + ", which this user may not listen on; choose a port from 1024 to 65535."
                : "leader-elector: HTTP_PORT is "
                        + bind.getPort()
                        + ", which another process of this pod listens on; choose a free port from 1 to"
                        + " 65535.";
    }

    private void tell(List<String> lines) {
        if (lines.isEmpty()) {
            return;
        }
        String text = String.join(System.lineSeparator(), lines);
        err.println(text);
        err.flush();
        if (Files.isWritable(terminationMessage)) {
            try {
                Files.writeString(
                        terminationMessage, text, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
            } catch (IOException bestEffort) {
                err.println("leader-elector: the reason could not be written to '"
                        + terminationMessage
                        + "': "
                        + ForeignText.of(bestEffort));
            }
        }
    }
}
