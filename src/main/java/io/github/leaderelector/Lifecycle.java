package io.github.leaderelector;

import io.github.leaderelector.election.Election;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.outlet.file.LeaderFile;
import io.github.leaderelector.outlet.log.LeadershipLog;
import io.github.leaderelector.outlet.log.LogFields;
import io.github.leaderelector.outlet.metrics.LeadershipMetrics;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The startup bean: starts and stops the rooms in the order that the contract needs, and nothing else.
 *
 * <p>Start: take back what an earlier life left behind, let the outlets listen, campaign. Stop: stop claiming, let the
 * outlets show it, release.
 */
@Singleton
final class Lifecycle {

    private static final Logger LOG = Logger.getLogger(Lifecycle.class);

    private static final Duration LINGER = Duration.ofMillis(100);

    private final LeadershipHub hub;
    private final Election election;
    private final LeaderFile file;
    private final LeadershipLog log;
    private final LogFields logFields;
    private final LeadershipMetrics metrics;
    // The file has a thread of its own, since a file system may hang.
    private final ExecutorService fileThread = oneThread("leader-file");
    private final ExecutorService outletThread = oneThread("outlets");

    Lifecycle(
            LeadershipHub hub,
            Election election,
            LeaderFile file,
            LeadershipLog log,
            LogFields logFields,
            LeadershipMetrics metrics) {
        this.hub = hub;
        this.election = election;
        this.file = file;
        this.log = log;
        this.logFields = logFields;
        this.metrics = metrics;
    }

    void start(@Observes StartupEvent event) {
        logFields.signWith(hub.current());
        try {
            file.removeStale();
        } catch (IOException failure) {
            // Tried again with every tick; liveness fails until then.
            LOG.errorf("LE-303 %s", failure.getMessage());
        }
        // Told in this order: what applications act on first.
        hub.subscribeSign("leader file", fileThread, file);
        hub.subscribe("log", outletThread, log);
        hub.subscribe("metrics", outletThread, metrics);
        election.start();
    }

    /** The tick that makes good what was lost or undone outside. */
    @Scheduled(every = "1s")
    void tick() {
        hub.retell();
    }

    void stop(@Observes ShutdownEvent event) {
        election.stop(new Reason(Reason.Code.SHUTDOWN, "This replica is shutting down."));
        linger();
        election.close();
        fileThread.shutdownNow();
        outletThread.shutdownNow();
    }

    /**
     * Stands still for a moment after the release: the next leader, which may be on the same machine, has better use
     * for the processor than the end of this process.
     */
    private static void linger() {
        try {
            TimeUnit.NANOSECONDS.sleep(LINGER.toNanos());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static ExecutorService oneThread(String name) {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
    }
}
