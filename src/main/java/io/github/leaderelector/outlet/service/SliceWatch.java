package io.github.leaderelector.outlet.service;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leader's watch on the Service's slices: open or not, and opened again at most once a minute where that is
 * refused. For the thread of its {@link Scheduler}, on which it tells, too.
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
     * @param listener told what is seen
     * @param onRefusal told why it cannot be opened
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

    /** Whether it is open, so that nothing is missed. */
    boolean isOpen() {
        return session != null && session.opened != null;
    }

    /** Opens it from {@code version} on, unless it is open or has just been refused. */
    void open(String version) {
        if (session == null && ticker.nanoTime() - nextTryNanos >= 0) {
            Session opening = new Session();
            session = opening;
            var unused = api.watch(version, opening)
                    .whenComplete((opened, thrown) -> scheduler.soon(() -> opening.answered(opened, thrown)));
        }
    }

    /** Closes it, and forgets what it would still have told. */
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
