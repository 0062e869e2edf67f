package io.github.leaderelector;

import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * One outlet, as {@link Lifecycle} knows it.
 *
 * @param name what it is called in log lines and metrics
 * @param kind who waits for it
 * @param executor where it is told; if it is an {@link ExecutorService}, it belongs to the outlet, or to several
 * @param observer what is told
 * @param lastWords called once, when the Lease is released; completes when nothing that it was told is on its way any
 *     more
 */
record Outlet(
        String name,
        Kind kind,
        Executor executor,
        LeadershipObserver observer,
        Supplier<CompletableFuture<Void>> lastWords) {

    /** Who waits for an outlet. */
    enum Kind {
        /**
         * A sign that others act on and that outlives the process: the first campaign waits until that of an earlier
         * life is taken back. Else as {@link #SIGN}.
         */
        LASTING_SIGN,
        /** A sign that others act on: the Lease is not released before it says that this replica does not lead. */
        SIGN,
        /** Nobody waits for it. */
        REPORT,
        /** The settings do not want it. */
        OFF,
    }

    /** One that has nothing on its way once it was told. */
    Outlet(String name, Kind kind, Executor executor, LeadershipObserver observer) {
        this(name, kind, executor, observer, () -> CompletableFuture.completedFuture(null));
    }

    /** One that the settings do not want. */
    static Outlet off(String name) {
        return new Outlet(name, Kind.OFF, task -> {}, leadership -> {});
    }

    /** From now on it is told what {@code hub} says, and what it says now at once. */
    void subscribeTo(LeadershipHub hub) {
        switch (kind) {
            case LASTING_SIGN, SIGN -> hub.subscribeSign(name, executor, observer);
            case REPORT -> hub.subscribe(name, executor, observer);
            case OFF -> {}
        }
    }

    /** Ends its thread, whatever that does. */
    void close() {
        if (executor instanceof ExecutorService thread) {
            thread.shutdownNow();
        }
    }
}
