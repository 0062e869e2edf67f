package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.SidecarProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what Vert.x itself says of its event loop: it looks each {@value #LOOK} whether one task holds the loop for
 * longer than {@value #LIMIT}, and logs where that task is.
 *
 * <p>A task that is somewhere in its own code may merely wait for a processor on a busy machine. One that is in a call
 * which waits for something else blocks the loop, on any machine.
 */
final class LoopWatch {

    private static final String LIMIT = "20ms";
    private static final String LOOK = "5ms";

    /** Makes a sidecar say it. */
    static final Map<String, String> SETTINGS = Map.of(
            "JAVA_OPTS_APPEND",
            "-Dquarkus.vertx.max-event-loop-execute-time=" + LIMIT + " -Dquarkus.vertx.warning-exception-time=" + LOOK);

    private static final Pattern BLOCKED =
            Pattern.compile("Thread\\[[^]]*vert\\.x-eventloop[^]]*] has been blocked for (\\d+) ms");

    /** The top of the stack of a thread that waits for a lock, another thread, a file, a name or a connection. */
    private static final Pattern WAITS = Pattern.compile(
            "Unsafe\\.park|Object\\.wait|Thread\\.(sleep|yield|join)"
                    + "|Inet\\dAddressImpl\\.|FileOutputStream\\.|FileInputStream\\.|FileDispatcherImpl\\.|UnixFileDispatcherImpl\\."
                    + "|UnixNativeDispatcher\\.|RandomAccessFile\\.|Net\\.(poll|connect)|NioSocketImpl\\.|ProcessImpl\\.|EPoll\\.wait");

    /**
     * One look at a task that holds the loop.
     *
     * @param length for how long it has done so
     * @param stack where it is, the innermost call first
     */
    record Held(Duration length, List<String> stack) {

        /** Whether it waits for something other than a processor. */
        boolean waits() {
            return !stack.isEmpty() && WAITS.matcher(stack.get(0)).find();
        }
    }

    private LoopWatch() {}

    /** The messages in {@code lines} since {@code nanos}, by {@link System#nanoTime}. */
    static List<Held> since(List<SidecarProcess.Line> lines, long nanos) {
        List<Held> held = new ArrayList<>();
        for (SidecarProcess.Line line : lines) {
            Matcher blocked = BLOCKED.matcher(line.text());
            if (blocked.find() && line.nanos() - nanos > 0) {
                held.add(new Held(Duration.ofMillis(Long.parseLong(blocked.group(1))), new ArrayList<>()));
            } else if (!held.isEmpty() && line.text().startsWith("\tat ")) {
                held.get(held.size() - 1).stack().add(line.text().strip());
            } else if (line.text().matches("\\d{4}-.*") && line.nanos() - nanos > 0) {
                // Another message: what follows is not ours.
                held.add(new Held(Duration.ZERO, new ArrayList<>()));
            }
        }
        held.removeIf(h -> h.length().isZero());
        return held;
    }
}
