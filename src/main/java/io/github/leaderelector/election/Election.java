package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.kubernetes.ApiClient;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Vital;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jboss.logging.Logger;

/**
 * Takes part in the election for one Lease: puts the parts of this package together, starts and stops them.
 *
 * <p>{@link #start} and {@link #stop} are called once each, from one thread; all other methods are safe for use by many
 * threads.
 */
public final class Election implements Candidacy, Vital, AutoCloseable {

    private static final Logger LOG = Logger.getLogger(Election.class);

    /** How long stopping may take in addition to the drain: until all signs are removed and the Lease is released. */
    private static final Duration TIME_TO_STOP = Duration.ofSeconds(4);

    /** The check comes after the first attempt, so as not to delay it. */
    private static final Duration PERMISSION_CHECK_DELAY = Duration.ofSeconds(1);

    /** How long the thread may take to run a posted task. A process that gets little processor time needs seconds. */
    private static final Duration STUCK = Duration.ofSeconds(30);

    private final ElectionSettings settings;
    private final LeaseApi api;
    private final LeadershipHub hub;
    private final ElectionThreads threads;
    private final ElectionThread thread;
    private final LeaseWatch watch;
    private final Candidate candidate;
    private final ThreadCheck threadCheck;
    private volatile boolean stopped;

    /**
     * An election on the API server that {@code access} leads to, by connections of its own.
     *
     * @param listener counts the requests
     */
    public static Election on(
            AccessStore access,
            Vertx vertx,
            ElectionSettings settings,
            LeadershipHub hub,
            Ticker ticker,
            ElectionListener listener) {
        ElectionThreads threads = ElectionThreads.start();
        ApiClient client = new ApiClient(access, vertx, settings.timings().requestTimeout(), ticker);
        LeaseApi api =
                new CountedLeaseApi(new KubernetesLeaseApi(client, settings.lease()), hub::leads, ticker, listener);
        Renewal.Factory renewals = renew -> new Fabric8Renewal(settings, threads.renewal(), renew);
        return new Election(settings, api, hub, ticker, threads, renewals, new Random());
    }

    /** Puts the parts together in the order of the data flow; see {@code docs/architecture.md}. */
    Election(
            ElectionSettings settings,
            LeaseApi api,
            LeadershipHub hub,
            Ticker ticker,
            ElectionThreads threads,
            Renewal.Factory renewals,
            RandomGenerator random) {
        this.settings = settings;
        this.api = api;
        this.hub = hub;
        this.threads = threads;
        this.thread = new ElectionThread(threads.election());
        this.threadCheck = new ThreadCheck(thread, ticker, STUCK);
        Timings timings = settings.timings();
        LeaseApi reported = new ReportedLeaseApi(api, thread, new ProblemLog(ticker), hub::observe);
        LeaseView view = new LeaseView(settings.identity(), timings.leaseDuration(), hub::observe, ticker);
        LeaseReader reader = new LeaseReader(reported, view);
        WorkloadMark mark = new WorkloadMark(settings);
        LeaseWriter writer = new LeaseWriter(reported, reader, view, settings, mark, hub, ticker);
        Succession succession = new Succession(view, writer, settings.identity(), thread, random);
        Turn turn = new Turn(timings, view, succession, ticker, random);
        this.candidate = new Candidate(
                hub,
                new Campaign(writer, turn, succession, thread, ticker),
                new Tenure(writer, renewals, timings, thread, ticker),
                new Drain(writer, settings, thread),
                writer,
                thread,
                ticker);
        // In this order: first whether the view is current, then the action, then checks that can wait.
        this.watch = new LeaseWatch(reported, reader, view, thread, random);
        view.subscribe(candidate::evaluate);
        SilentHolderCheck silentHolder = new SilentHolderCheck(settings, view, reader, thread, ticker);
        view.subscribe(silentHolder::evaluate);
        view.subscribe(() -> view.document().ifPresent(mark::check));
        hub.subscribe("claim watchdog", threads.watchdog(), new ClaimWatchdog(hub, ticker, threads.watchdog()));
    }

    /** Begins to watch the Lease, and to campaign unless this replica has resigned. Returns at once. */
    public void start() {
        // The watch first: it shares the read of the first attempt.
        thread.execute(watch::open);
        // The election must also act when the clock ends a claim.
        hub.subscribe("election", thread::execute, leadership -> candidate.evaluate());
        thread.execute(() -> thread.alarm().set(PERMISSION_CHECK_DELAY, api::reportMissingPermissions));
    }

    /**
     * Stops claiming, waits until every sign is removed and the drain is over, then releases the Lease if we hold it.
     * Takes at most the drain and a few seconds, even if the API server does not answer. A Lease that could not be
     * released expires.
     */
    public void stop(Reason reason) {
        if (stopped) {
            return;
        }
        stopped = true;
        if (!within(TIME_TO_STOP.plus(settings.drain()), leave(reason))) {
            LOG.warnf(
                    "LE-210 Lease %s could not be released; others get it when it expires, after %d s.",
                    settings.lease(), settings.timings().leaseDuration().toSeconds());
        }
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

    /** As {@link #resign}; completes with whether we no longer hold the Lease. */
    CompletableFuture<Boolean> leave(Reason reason) {
        return candidate.leave(reason);
    }

    @Override
    public void resign(Reason reason) {
        candidate.resign(reason);
    }

    @Override
    public void campaign(Reason.Code kind) {
        candidate.campaign(kind);
    }

    @Override
    public boolean stepDown(Duration cooldown) {
        return candidate.stepDown(cooldown);
    }

    @Override
    public boolean drained() {
        return candidate.drained();
    }

    @Override
    public Optional<String> failure() {
        return stopped ? Optional.empty() : threadCheck.failure();
    }

    /** Frees threads and connections; after {@link #stop}. */
    @Override
    public void close() {
        thread.execute(watch::close);
        threads.close();
        api.close();
    }
}
