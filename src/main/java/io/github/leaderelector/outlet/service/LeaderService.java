package io.github.leaderelector.outlet.service;

import io.github.leaderelector.config.Settings;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.kubernetes.Permission;
import io.github.leaderelector.kubernetes.PermissionCheck;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The outlet for the Service that follows the leader, with its own thread and connections. Created only if
 * {@code LEADER_SERVICE} is set.
 *
 * <p>Safe for use by many threads.
 */
@Singleton
public final class LeaderService implements LeadershipObserver {

    /** How long a request may take. */
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private static final String SLICES_GROUP = "discovery.k8s.io";
    private static final String SLICES = "endpointslices";

    private final ApiClient api;
    private final PermissionCheck permissions;
    private final Reconciler reconciler;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "leader-service");
        made.setDaemon(true);
        return made;
    });

    /** The Service that the settings name, in the namespace of our pod; they must name one. */
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
        this.permissions =
                new PermissionCheck(api::ask, namespace, needed(service, settings.podIps()), "LEADER_SERVICE", ticker);
        this.reconciler = new Reconciler(
                new JsonServiceApi(api, namespace, service, settings.podName()),
                new Reconciler.Setup(
                        service, settings.podIps(), !settings.drain().isZero()),
                hub::current,
                ticker,
                this::in,
                new ServiceLog(namespace + "/" + service, ticker, meters));
    }

    /** @param podIps the addresses of our pod, which determine the slices; empty if they are not known yet */
    private static List<Permission> needed(String service, List<String> podIps) {
        Set<Family> families = new TreeSet<>(podIps.stream().map(Family::of).toList());
        if (families.isEmpty()) {
            families.add(Family.IPV4);
        }
        List<Permission> needed = new ArrayList<>(List.of(
                new Permission("", "services", service, List.of("get")),
                new Permission("", "pods", null, List.of("get")),
                new Permission(SLICES_GROUP, SLICES, null, List.of("create", "list", "watch"))));
        families.forEach(family ->
                needed.add(new Permission(SLICES_GROUP, SLICES, family.sliceName(service), List.of("get", "update"))));
        return needed;
    }

    private void in(Duration delay, Runnable task) {
        try {
            var unused = thread.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            // The process ends; nothing waits for this task.
        }
    }

    /** The thread on which it must be called; shutting it down ends the outlet. */
    public ScheduledExecutorService executor() {
        return thread;
    }

    /** Makes the slices match the current leadership; does not block. */
    @Override
    public void onLeadership(Leadership leadership) {
        permissions.run();
        reconciler.onLeadership(leadership);
    }

    /**
     * Completes when the work for the ended tenure is done: its address is removed, or the next leader has to replace
     * it.
     */
    public CompletableFuture<Void> settled() {
        return reconciler.settled();
    }

    @PreDestroy
    void close() {
        api.close();
    }
}
