package io.github.leaderelector.outlet.service;

import java.time.Duration;

/** The one thread on which this package runs. */
@FunctionalInterface
interface Scheduler {

    /** Runs {@code task} after {@code delay}, in order; never after the end of the process has begun. */
    void in(Duration delay, Runnable task);

    /** Runs {@code task} soon. */
    default void soon(Runnable task) {
        in(Duration.ZERO, task);
    }
}
