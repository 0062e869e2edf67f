package io.github.leaderelector;

import io.github.leaderelector.Outlet.Kind;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.outlet.file.LeaderFile;
import io.github.leaderelector.outlet.hooks.Hooks;
import io.github.leaderelector.outlet.http.EventStreams;
import io.github.leaderelector.outlet.kubernetes.LeaderLabel;
import io.github.leaderelector.outlet.kubernetes.LeaseEvents;
import io.github.leaderelector.outlet.log.LeadershipLog;
import io.github.leaderelector.outlet.metrics.LeadershipMetrics;
import io.github.leaderelector.outlet.service.LeaderService;
import jakarta.annotation.Priority;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Makes all outlets, one method for each: its name, its kind and its thread.
 *
 * <p>They are told in the order of their priorities, highest first: signs that applications act on before reports.
 * {@link Instance} is used so that a disabled outlet is not created.
 */
@Singleton
final class Outlets {

    private final ExecutorService reports = oneThread("outlets");

    /** On a thread of its own, because a file system may hang. */
    @Produces
    @Singleton
    @Priority(90)
    Outlet file(LeaderFile file) {
        return new Outlet("leader file", Kind.LASTING_SIGN, oneThread("leader-file"), file);
    }

    @Produces
    @Singleton
    @Priority(80)
    Outlet streams(EventStreams streams) {
        return new Outlet("event streams", Kind.SIGN, streams.executor(), streams, () -> {
            streams.close();
            return CompletableFuture.completedFuture(null);
        });
    }

    /** Logs that the file system hangs; the file's own thread cannot do that. */
    @Produces
    @Singleton
    @Priority(50)
    Outlet fileWatch(LeaderFile file) {
        return new Outlet("leader file watch", Kind.REPORT, reports, file::logHang);
    }

    /** On a thread of its own, because the API server may not answer. */
    @Produces
    @Singleton
    @Priority(70)
    Outlet label(Settings settings, Instance<LeaderLabel> label) {
        return settings.leaderLabel().isPresent()
                ? new Outlet("pod label", Kind.SIGN, oneThread("pod-label"), label.get())
                : Outlet.off("pod label");
    }

    /** Nothing waits for it: the address stays until the next leader replaces it. */
    @Produces
    @Singleton
    @Priority(60)
    Outlet service(Settings settings, Instance<LeaderService> service) {
        if (settings.leaderService().isEmpty()) {
            return Outlet.off("leader service");
        }
        LeaderService made = service.get();
        return new Outlet("leader service", Kind.REPORT, made.executor(), made, made::settled);
    }

    @Produces
    @Singleton
    @Priority(40)
    Outlet hooks(Settings settings, Instance<Hooks> hooks) {
        if (settings.onLeading().isEmpty() && settings.onFollowing().isEmpty()) {
            return Outlet.off("hooks");
        }
        Hooks made = hooks.get();
        return new Outlet("hooks", Kind.REPORT, reports, made, made::quiet);
    }

    @Produces
    @Singleton
    @Priority(30)
    Outlet log(LeadershipLog log) {
        return new Outlet("log", Kind.REPORT, reports, log);
    }

    @Produces
    @Singleton
    @Priority(20)
    Outlet metrics(LeadershipMetrics metrics) {
        return new Outlet("metrics", Kind.REPORT, reports, metrics);
    }

    @Produces
    @Singleton
    @Priority(10)
    Outlet events(Settings settings, Instance<LeaseEvents> events) {
        if (!settings.kubernetesEvents()) {
            return Outlet.off("events");
        }
        LeaseEvents made = events.get();
        return new Outlet("events", Kind.REPORT, reports, made, made::flush);
    }

    private static ExecutorService oneThread(String name) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
