package io.github.leaderelector.outlet.service;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Ticker;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The Service that follows the leader, with the thread and the connections by which its slices are written. Made only
 * if there is to be one.
 *
 * <p>Safe for use by many threads.
 */
@Singleton
public final class LeaderService implements LeadershipObserver {

    /** How long a request may take. */
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final ApiClient api;
    private final Permissions permissions;
    private final Reconciler reconciler;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "leader-service");
        made.setDaemon(true);
        return made;
    });

    /** The Service that the settings name, which they must; in the namespace of our pod. */
    @Inject
    public LeaderService(
            Settings settings,
            AccessStore access,
            Vertx vertx,
            LeadershipHub hub,
            Ticker ticker,
            MeterRegistry meters) {
        String namespace =
                access.namespace().orElseGet(() -> hub.current().lease().namespace());
        String service = settings.leaderService().orElseThrow();
        this.api = new ApiClient(access, vertx, LIMIT, ticker);
        this.permissions = new Permissions(api, namespace, service, settings.podIps(), ticker);
        this.reconciler = new Reconciler(
                new JsonServiceApi(api, namespace, service, settings.podName()),
                new Reconciler.Setup(
                        service, settings.podIps(), !settings.drain().isZero()),
                hub::current,
                ticker,
                this::in,
                new Reports(namespace + "/" + service, ticker, meters));
    }

    private void in(Duration delay, Runnable task) {
        try {
            var unused = thread.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            // The process ends; nobody waits for it.
        }
    }

    /** Where it must be told, and what ends it. */
    public ScheduledExecutorService executor() {
        return thread;
    }

    /** Makes the slices look like the leadership of this moment; does not wait for it. */
    @Override
    public void onLeadership(Leadership leadership) {
        permissions.check();
        reconciler.onLeadership(leadership);
    }

    /**
     * Completes when no more is to be done about the tenure that has ended: its address is gone, or it is for the next
     * leader to replace it.
     */
    public CompletableFuture<Void> settled() {
        return reconciler.settled();
    }

    @PreDestroy
    void close() {
        api.close();
    }
}
