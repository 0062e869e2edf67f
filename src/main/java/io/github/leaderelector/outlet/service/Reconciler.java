package io.github.leaderelector.outlet.service;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.service.DesiredState.Kind;
import io.github.leaderelector.outlet.service.Plan.Write;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the EndpointSlices of one Service pointing at the leader's pod.
 *
 * <p>Level-triggered: each time it runs it compares what this replica {@linkplain DesiredState desires} with what it
 * observes, sends the missing {@linkplain Plan writes}, and runs again when they are answered. A new leader first
 * reads, then writes. While it leads, it watches the slices and repairs changes at the next tick; once a minute it
 * reads again, also the Service. A follower reads once, a second after its start: whether the Service is configured
 * correctly, and whether it still has the address of an earlier process.
 *
 * <p>For the thread of its {@link Scheduler}; only {@link #settled} may be called on any thread. No method blocks.
 */
final class Reconciler implements LeadershipObserver {

    /** How often a leader without a watch reads the slices. */
    static final Duration LOOK_UNWATCHED = Duration.ofSeconds(10);

    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final Duration FIRST_LOOK = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final int WRITES_AT_ONCE = 4;

    private final ServiceApi api;
    private final Setup setup;
    private final Supplier<Leadership> leadership;
    private final Ticker ticker;
    private final Scheduler scheduler;
    private final ServiceLog log;
    private final ServiceReader reader;
    private final SliceWatch watch;
    private final Backoff afterFailure = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    /** The pause after a problem with the Service itself: a person has to solve it, which takes longer. */
    private final Backoff afterProblem = new Backoff(FIRST_PAUSE, LONGEST_WAIT, new Random());

    private DesiredState desired = DesiredState.NOTHING;
    private @Nullable OwnPod pod;
    private @Nullable ObservedState observed;
    private boolean busy;
    private boolean hasLooked;

    /** Whether a slice was deleted while a request was under way, whose answer may still show it. */
    private boolean overtaken;

    /** Whether a read may show a slightly older state of the slices, because it takes less time. */
    private boolean hurried;

    /** How many writes in a row did not make the slices match the desired state, because others write, too. */
    private int writes;

    /** Slices that exist although no list shows them: somebody has removed their label. */
    private final Set<String> unlisted = new HashSet<>();

    private long nextTryNanos;
    private @Nullable CompletableFuture<Void> settled;

    /**
     * The settings.
     *
     * @param service the Service's name
     * @param podIps the addresses of our pod; empty if they are to be read from its status
     * @param drains whether {@code DRAIN} is set
     */
    record Setup(String service, List<String> podIps, boolean drains) {
        Setup {
            podIps = List.copyOf(podIps);
        }
    }

    /** @param leadership returns the current leadership */
    Reconciler(
            ServiceApi api,
            Setup setup,
            Supplier<Leadership> leadership,
            Ticker ticker,
            Scheduler scheduler,
            ServiceLog log) {
        this.api = api;
        this.setup = setup;
        this.leadership = leadership;
        this.ticker = ticker;
        this.scheduler = scheduler;
        this.log = log;
        this.reader = new ServiceReader(api, setup.podIps());
        this.watch = new SliceWatch(
                api, ticker, scheduler, new Updates(), failure -> log.unwatched(String.valueOf(failure.getMessage())));
        this.nextTryNanos = ticker.nanoTime() + FIRST_LOOK.toNanos();
    }

    @Override
    public void onLeadership(Leadership told) {
        // Uses the current leadership, which may be later than the passed one.
        reconcile();
    }

    /**
     * Completes when the work for the ended tenure is done: its address is removed, or the next leader has to replace
     * it.
     */
    CompletableFuture<Void> settled() {
        CompletableFuture<Void> future = new CompletableFuture<>();
        scheduler.soon(() -> {
            settled = future;
            reconcile();
        });
        return future;
    }

    private void reconcile() {
        renewDesired();
        if (busy) {
            return;
        }
        @Nullable CompletableFuture<Runnable> step = nextStep();
        if (step == null) {
            return;
        }
        busy = true;
        overtaken = false;
        var unused = step.whenComplete((answer, thrown) -> scheduler.soon(() -> {
            busy = false;
            if (thrown == null) {
                answer.run();
            } else {
                failed(ApiException.from(thrown));
            }
            observed = overtaken ? null : observed;
            reconcile();
        }));
    }

    private void renewDesired() {
        DesiredState before = desired;
        desired = before.next(leadership.get(), ticker.now(), setup.drains());
        if (desired.kind() != before.kind() || desired.token() != before.token()) {
            // At the beginning of a drain it is current, because the leader has watched the slices until now.
            boolean stillObserved = desired.kind() == Kind.DRAIN && desired.token() == before.token();
            observed = stillObserved ? observed : null;
            hurried = desired.kind() == Kind.SERVE;
            writes = 0;
            afterFailure.reset();
            afterProblem.reset();
            nextTryNanos = ticker.nanoTime();
            if (!desired.pause().isZero()) {
                scheduler.in(desired.pause(), this::reconcile);
            }
        }
        if (!desired.isForUs()) {
            watch.close();
        }
        if (settled != null && desired.isSettled()) {
            settled.complete(null);
        }
    }

    /** Sends the next request; completes with the action for its answer. Null if there is none to send now. */
    private @Nullable CompletableFuture<Runnable> nextStep() {
        if (ticker.nanoTime() - nextTryNanos < 0) {
            return null;
        }
        return switch (desired.kind()) {
            case HOLD -> null;
            case NOTHING -> hasLooked ? null : look().thenApply(reading -> () -> lookedAtStart(reading));
            case SERVE, DRAIN, WITHDRAW -> {
                ObservedState seen = observed;
                if (seen == null || isStale(seen)) {
                    yield look().thenApply(reading -> () -> looked(reading));
                }
                List<Write> missing = Plan.writes(desired, lease(), setup.service(), seen.slices(), seen.route());
                if (missing.isEmpty()) {
                    inOrder(seen);
                    yield null;
                }
                yield write(missing);
            }
        };
    }

    private boolean isStale(ObservedState seen) {
        Duration allowed = watch.isOpen() && seen.faultless() ? LOOK_AGAIN : LOOK_UNWATCHED;
        return ticker.nanoTime() - seen.seenNanos() > allowed.toNanos();
    }

    private CompletableFuture<ServiceReader.Reading> look() {
        boolean fresh = !hurried;
        hurried = false;
        return desired.kind() == Kind.WITHDRAW
                ? reader.lookAtSlices(fresh, unlisted)
                : reader.look(pod, fresh, unlisted);
    }

    private void looked(ServiceReader.Reading reading) {
        hasLooked = true;
        pod = reading.pod() == null ? pod : reading.pod();
        Route.Found found = reading.found();
        if (found != null) {
            log.problems(found.problems());
            log.seen(reading.slices().values(), ours());
        }
        observed = new ObservedState(
                reading.slices(),
                reading.version(),
                found == null ? null : found.route(),
                found == null || found.problems().isEmpty(),
                ticker.nanoTime());
        if (desired.isForUs() && (found == null || found.route() == null)) {
            // Without a route to our pod there is nothing to write. The route was not read if we did not lead then.
            observed = null;
            if (found != null) {
                pause(afterProblem.next());
            }
        }
    }

    private void lookedAtStart(ServiceReader.Reading reading) {
        looked(reading);
        if (desired.kind() == Kind.NOTHING) {
            observed = null;
            reading.slices().values().stream()
                    .filter(slice -> pod != null && slice.leadsTo(pod.uid()))
                    .mapToLong(Slice::token)
                    .max()
                    .ifPresent(token -> {
                        desired = DesiredState.afterLifeWith(token, ticker.now());
                        scheduler.in(desired.pause(), this::reconcile);
                    });
        }
    }

    private CompletableFuture<Runnable> write(List<Write> planned) {
        writes++;
        List<CompletableFuture<Slice>> answers = planned.stream()
                .map(write -> write.isNew() ? api.create(write.slice()) : api.replace(write.slice()))
                .toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .handle((done, thrown) -> () -> {
                    for (int i = 0; i < planned.size(); i++) {
                        written(planned.get(i), answers.get(i));
                    }
                });
    }

    private void written(Write write, CompletableFuture<Slice> answer) {
        try {
            Slice stored = answer.join();
            observed = observed == null ? null : observed.with(stored);
            if (writes >= WRITES_AT_ONCE) {
                pause(afterFailure.next());
            }
        } catch (RuntimeException thrown) {
            ApiException failure = ApiException.from(thrown);
            boolean outdated = failure.conflict() || failure.notFound();
            if (outdated && write.isNew()) {
                unlisted.add(write.slice().name());
            }
            if (outdated && writes < WRITES_AT_ONCE) {
                observed = null;
            } else {
                failed(failure);
            }
        }
    }

    private void inOrder(ObservedState seen) {
        writes = 0;
        afterFailure.reset();
        afterProblem.reset();
        unlisted.clear();
        log.inOrder();
        if (desired.isForUs()) {
            seen.slices().values().stream()
                    .filter(slice -> ours().contains(slice.name()) && Plan.isLaterThan(desired, slice))
                    .forEach(slice -> log.later(slice, desired.token()));
            watch.open(seen.version());
        } else {
            // The address is removed, or a later leader has replaced it.
            desired = DesiredState.NOTHING;
            observed = null;
            renewDesired();
        }
    }

    private void failed(ApiException failure) {
        observed = null;
        if (desired.kind() == Kind.NOTHING && failure.refusedForGood()) {
            // Forbidden: Permissions logs it, and a leader tries again.
            hasLooked = true;
            return;
        }
        log.failed(String.valueOf(failure.getMessage()));
        Duration asked = failure.retryAfter();
        Duration own = afterFailure.next();
        pause(asked != null && asked.compareTo(own) > 0 ? asked : own);
    }

    private void pause(Duration pause) {
        nextTryNanos = ticker.nanoTime() + pause.toNanos();
        scheduler.in(pause, this::reconcile);
    }

    private String lease() {
        return leadership.get().lease().toString();
    }

    private Set<String> ours() {
        return Stream.of(Family.values())
                .map(family -> family.sliceName(setup.service()))
                .collect(Collectors.toSet());
    }

    /**
     * Keeps the observed state current. Changes by others are repaired at the next tick, not at once, so that two
     * writers do not overwrite each other quickly.
     */
    private final class Updates implements ServiceApi.WatchListener {

        @Override
        public void changed(Slice slice) {
            observed = observed == null ? null : observed.with(slice);
        }

        @Override
        public void gone(Slice slice) {
            observed = observed == null ? null : observed.without(slice);
            overtaken = busy;
        }

        @Override
        public void ended() {
            observed = null;
        }
    }
}
