package io.github.leaderelector.outlet.service;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leader's watch on the Service's slices. If the API server refuses it, it is opened again at most once a minute.
 * For the thread of its {@link Scheduler}, on which it also calls the listener.
 */
final class SliceWatch {

    private static final Duration TRY_AGAIN = Duration.ofMinutes(1);

    private final ServiceApi api;
    private final Ticker ticker;
    private final Scheduler scheduler;
    private final ServiceApi.WatchListener listener;
    private final Consumer<ApiException> onRefusal;
    private @Nullable Session session;
    private long nextTryNanos;

    /**
     * @param listener receives the events
     * @param onRefusal called with the reason if the watch cannot be opened
     */
    SliceWatch(
            ServiceApi api,
            Ticker ticker,
            Scheduler scheduler,
            ServiceApi.WatchListener listener,
            Consumer<ApiException> onRefusal) {
        this.api = api;
        this.ticker = ticker;
        this.scheduler = scheduler;
        this.listener = listener;
        this.onRefusal = onRefusal;
        this.nextTryNanos = ticker.nanoTime();
    }

    /** Whether it is open, so that no event is missed. */
    boolean isOpen() {
        return session != null && session.opened != null;
    }

    /** Opens it from {@code version} on, unless it is open or was refused less than a minute ago. */
    void open(String version) {
        if (session == null && ticker.nanoTime() - nextTryNanos >= 0) {
            Session opening = new Session();
            session = opening;
            var unused = api.watch(version, opening)
                    .whenComplete((opened, thrown) -> scheduler.soon(() -> opening.answered(opened, thrown)));
        }
    }

    /** Closes it and drops its remaining events. */
    void close() {
        Session closing = session;
        session = null;
        if (closing != null && closing.opened != null) {
            closing.opened.close();
        }
    }

    /** One watch, from its opening to its end. */
    private final class Session implements ServiceApi.WatchListener {

        private ServiceApi.@Nullable Watch opened;

        void answered(ServiceApi.@Nullable Watch answer, @Nullable Throwable thrown) {
            if (session != this) {
                if (answer != null) {
                    answer.close();
                }
            } else if (thrown != null) {
                session = null;
                nextTryNanos = ticker.nanoTime() + TRY_AGAIN.toNanos();
                onRefusal.accept(ApiException.from(thrown));
            } else {
                opened = answer;
            }
        }

        @Override
        public void changed(Slice slice) {
            ifCurrent(() -> listener.changed(slice));
        }

        @Override
        public void gone(Slice slice) {
            ifCurrent(() -> listener.gone(slice));
        }

        @Override
        public void ended() {
            ifCurrent(() -> {
                session = null;
                listener.ended();
            });
        }

        private void ifCurrent(Runnable task) {
            scheduler.soon(() -> {
                if (session == this) {
                    task.run();
                }
            });
        }
    }
}
