package io.github.leaderelector.election;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Vital;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/**
 * One candidate in the election for one Lease: puts the parts of this room together, starts and stops them.
 *
 * <p>{@link #start} and {@link #stop} are called once each, from one thread.
 */
public final class Election implements Candidacy, Vital, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Election.class);

    /** How long stopping may take beside the drain: until all signs are taken back and the Lease is released. */
    private static final Duration TIME_TO_STOP = Duration.ofSeconds(4);

    private static final Duration ACCESS_CHECK_DELAY = Duration.ofSeconds(1);

    /** A runner that has not shown life for as many request time-outs is dead. */
    private static final int DEAD_TIMEOUTS = 10;

    private final LeaseRef ref;
    private final Timings timings;
    private final Duration drain;
    private final Ticker ticker;
    private final ElectionParts parts;
    private final ScheduledExecutorService executor;
    private final ScheduledExecutorService watchdogExecutor;
    private final ExecutorService checkExecutor;
    private final KubernetesClient client;
    private volatile boolean stopped;

    /**
     * @param config where the API server is; its retries and time-outs are replaced by the election's
     * @param podName the name of our pod, which may tell the workload that the Lease is marked with
     * @param drain how long the Lease is held on after a claim was dropped; zero or more
     * @param listener who counts the requests
     */
    public Election(
            Config config,
            LeaseRef ref,
            String identity,
            String podName,
            Timings timings,
            Duration drain,
            LeadershipHub hub,
            Ticker ticker,
            ElectionListener listener) {
        this(
                new KubernetesClientBuilder()
                        .withConfig(patient(config, timings))
                        .withKubernetesSerialization(kinds())
                        .build(),
                ref,
                identity,
                podName,
                timings,
                drain,
                hub,
                ticker,
                listener);
    }

    /** @param client for this election only, without retries and reconnects of its own; closed with it */
    Election(
            KubernetesClient client,
            LeaseRef ref,
            String identity,
            String podName,
            Timings timings,
            Duration drain,
            LeadershipHub hub,
            Ticker ticker,
            ElectionListener listener) {
        this.client = client;
        this.ref = ref;
        this.timings = timings;
        this.drain = drain;
        this.ticker = ticker;
        this.executor = ElectionThreads.timed("election");
        this.watchdogExecutor = ElectionThreads.timed("claim-watchdog");
        this.checkExecutor = ElectionThreads.passing("access-check");
        LeaseApi api = new CountedLeaseApi(
                new Fabric8LeaseApi(client, ref, timings.requestTimeout()), hub::leads, ticker, listener);
        this.parts = new ElectionParts(
                api, ref, identity, podName, timings, drain, hub, hub::observe, ticker, executor, new Random());
        WatchedLock lock = new WatchedLock(parts.session(), parts.tracker(), ref, identity, timings.leaseDuration());
        parts.electors(() -> new Fabric8Elector(client, lock, timings, executor));
        hub.subscribe("claim watchdog", watchdogExecutor, new ClaimWatchdog(hub, ticker, watchdogExecutor));
    }

    /** Knows what the election is told, and does not load hundreds of other kinds from the class path. */
    static KubernetesSerialization kinds() {
        ObjectMapper mapper = new ObjectMapper().addMixIn(ObjectMeta.class, WithoutManagedFields.class);
        KubernetesSerialization kinds = new KubernetesSerialization(mapper, false);
        kinds.registerKubernetesResource(Lease.class);
        kinds.registerKubernetesResource(Status.class);
        return kinds;
    }

    /** Most of a Lease's text, and of no use here; the API server keeps them when they are not sent back. */
    @JsonIgnoreProperties("managedFields")
    private interface WithoutManagedFields {}

    static Config patient(Config config, Timings timings) {
        int timeout = Math.toIntExact(timings.requestTimeout().toMillis());
        return new ConfigBuilder(config)
                .withConnectionTimeout(timeout)
                .withRequestTimeout(timeout)
                .withRequestRetryBackoffLimit(0)
                .withWatchReconnectLimit(0)
                .build();
    }

    /** Begins to campaign, unless there is a reason to stand back. Returns at once. */
    public void start() {
        Rehearsal rehearsal = new Rehearsal(parts.session(), executor, new Random());
        parts.onNamed(rehearsal::thorough);
        executor.execute(rehearsal::begin);
        parts.start();
        // Later, because nothing may stand between the start and the first campaign.
        var unused = executor.schedule(
                () -> checkExecutor.execute(new AccessCheck(client, ref)),
                ACCESS_CHECK_DELAY.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /**
     * Stops claiming, waits until every sign of it is taken back and the drain is over, then releases the Lease if we
     * hold it; all within the drain and a few seconds, whatever the API server does. What could not be released
     * expires.
     */
    public void stop(Reason reason) {
        if (stopped) {
            return;
        }
        stopped = true;
        if (!within(TIME_TO_STOP.plus(drain), parts.candidate().leave(reason))) {
            LOG.warnf(
                    "LE-210 Lease %s could not be released; others get it when it expires, after %d s.",
                    ref, timings.leaseDuration().toSeconds());
        }
    }

    @Override
    public void standBack(Reason reason) {
        parts.candidate().standBack(reason);
    }

    @Override
    public void comeBack(Reason.Code kind) {
        parts.candidate().comeBack(kind);
    }

    @Override
    public boolean stepDown(Duration cooldown) {
        return parts.candidate().stepDown(cooldown);
    }

    @Override
    public boolean drained() {
        return parts.candidate().drained();
    }

    private static boolean within(Duration time, CompletableFuture<Boolean> done) {
        try {
            return done.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException late) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Frees threads and connections; after {@link #stop}. */
    @Override
    public void close() {
        parts.close();
        executor.shutdownNow();
        watchdogExecutor.shutdownNow();
        checkExecutor.shutdownNow();
        client.close();
    }

    @Override
    public Optional<String> failure() {
        long silent = ticker.nanoTime() - parts.runner().lastTickNanos();
        Duration bound =
                parts.runner().tickPeriod().plus(timings.requestTimeout().multipliedBy(DEAD_TIMEOUTS));
        return !stopped && silent > bound.toNanos()
                ? Optional.of("The election's thread has been stuck for " + silent / 1_000_000 + " ms.")
                : Optional.empty();
    }
}
