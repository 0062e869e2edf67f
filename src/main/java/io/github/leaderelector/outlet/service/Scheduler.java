package io.github.leaderelector.outlet.service;

import java.time.Duration;

/** The one thread that all of this room runs on. */
@FunctionalInterface
interface Scheduler {

    /** Runs {@code task} after {@code delay}, after what was to run before it; not at all once the process ends. */
    void in(Duration delay, Runnable task);

    /** Runs {@code task} soon. */
    default void soon(Runnable task) {
        in(Duration.ZERO, task);
    }
}
