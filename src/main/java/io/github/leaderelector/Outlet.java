package io.github.leaderelector;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * One outlet, as {@link Lifecycle} starts and stops it.
 *
 * @param name its name in log lines and metrics
 * @param kind what waits for it
 * @param executor where the observer is called; an {@link ExecutorService} belongs to the outlet, or to several
 * @param observer the observer
 * @param flush called once, after the release of the Lease; completes when the outlet has sent everything
 */
record Outlet(
        String name,
        Kind kind,
        Executor executor,
        LeadershipObserver observer,
        Supplier<CompletableFuture<Void>> flush) {

    /** What waits for an outlet. */
    enum Kind {
        /**
         * A {@link #SIGN} that outlives the process: the first campaign also waits until the sign of an earlier process
         * is removed.
         */
        LASTING_SIGN,
        /**
         * A sign that applications act on: the Lease is not released before it says that this replica does not lead.
         */
        SIGN,
        /** A report: nothing waits for it. */
        REPORT,
        /** Disabled by the settings. */
        OFF,
    }

    /** An outlet that has sent everything when its observer returns. */
    Outlet(String name, Kind kind, Executor executor, LeadershipObserver observer) {
        this(name, kind, executor, observer, () -> CompletableFuture.completedFuture(null));
    }

    /** An outlet that is disabled by the settings. */
    static Outlet off(String name) {
        return new Outlet(name, Kind.OFF, task -> {}, leadership -> {});
    }

    /** Subscribes the observer to {@code hub}. */
    void subscribeTo(LeadershipHub hub) {
        switch (kind) {
            case LASTING_SIGN, SIGN -> hub.subscribeSign(name, executor, observer);
            case REPORT -> hub.subscribe(name, executor, observer);
            case OFF -> {}
        }
    }

    /** Ends its thread, even if a task is running. */
    void close() {
        if (executor instanceof ExecutorService thread) {
            thread.shutdownNow();
        }
    }
}
