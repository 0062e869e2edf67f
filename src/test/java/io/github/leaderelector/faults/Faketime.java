package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Replica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;

/**
 * Gives single replicas clocks of their own, by the library of the program {@code faketime}. The library is loaded
 * without the program, because who signals the program misses the JVM that it has started.
 *
 * <p>faketime 0.9.10 can shift the wall clock of a JVM, and it can run all clocks faster or slower. What it cannot is
 * to change the speed of the wall clock alone: timed waits then end at once, and the JVM spins. {@link #set} in small
 * steps is as good.
 */
final class Faketime {

    private Faketime() {}

    /** From the next start on all clocks of {@code replica} run at {@code speed} times the usual. */
    static void speed(Replica replica, double speed) {
        load(replica);
        replica.set("FAKETIME", "+0 x" + speed);
    }

    /** From the next start on the wall clock of {@code replica}, and no other clock, is what {@link #set} says. */
    static void wallClock(Replica replica, double offsetSeconds) {
        load(replica);
        replica.set("FAKETIME_TIMESTAMP_FILE", file(replica).toString());
        replica.set("FAKETIME_NO_CACHE", "1");
        replica.set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        // Without it a JVM's timed waits end at once, and it spins.
        replica.set("FAKETIME_FORCE_MONOTONIC_FIX", "0");
        set(replica, offsetSeconds);
    }

    /** Sets the wall clock of {@code replica} to {@code offsetSeconds} from the right time, at once. */
    static void set(Replica replica, double offsetSeconds) {
        try {
            Path fresh = file(replica).resolveSibling(replica.name() + ".clock-new");
            Files.writeString(fresh, "%+.3f".formatted(offsetSeconds));
            Files.move(fresh, file(replica), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(Replica replica) {
        return replica.file().getParent().resolveSibling(replica.name() + ".clock");
    }

    private static void load(Replica replica) {
        // The JVM takes an AOT cache only if the jars are as old as they were.
        replica.set("NO_FAKE_STAT", "1");
        List<String> ask = List.of("faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD");
        try {
            replica.set("LD_PRELOAD", Programs.run(ask, "", Map.of()).output().strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
