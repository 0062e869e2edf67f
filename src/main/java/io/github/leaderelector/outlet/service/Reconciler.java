package io.github.leaderelector.outlet.service;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.Backoff;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.service.Plan.Write;
import io.github.leaderelector.outlet.service.Wish.Kind;
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
 * <p>Level-triggered: each time it runs it compares what this replica {@linkplain Wish wishes} with what was seen,
 * sends the missing {@linkplain Plan writes}, and runs again when they are answered. A new leader first reads, then
 * writes. While it leads, it watches the slices and repairs changes at the next tick; once a minute it reads again,
 * also the Service. A follower reads once, a second after its start: whether the Service is configured correctly, and
 * whether it still has the address of an earlier process.
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
    private final Reports reports;
    private final Lookout lookout;
    private final SliceWatch watch;
    private final Backoff afterFailure = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());

    /** The pause after a problem with the Service itself: a person has to solve it, which takes longer. */
    private final Backoff afterProblem = new Backoff(FIRST_PAUSE, LONGEST_WAIT, new Random());

    private Wish wish = Wish.NOTHING;
    private @Nullable OwnPod pod;
    private @Nullable View view;
    private boolean busy;
    private boolean hasLooked;

    /** Whether a slice was deleted while a request was under way, whose answer may still show it. */
    private boolean overtaken;

    /** Whether a read may show a slightly older state of the slices, because it takes less time. */
    private boolean hurried;

    /** How many writes in a row did not make the slices match the wish, because others write, too. */
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
            Reports reports) {
        this.api = api;
        this.setup = setup;
        this.leadership = leadership;
        this.ticker = ticker;
        this.scheduler = scheduler;
        this.reports = reports;
        this.lookout = new Lookout(api, setup.podIps());
        this.watch = new SliceWatch(
                api,
                ticker,
                scheduler,
                new Updates(),
                failure -> reports.unwatched(String.valueOf(failure.getMessage())));
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
        renewWish();
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
            view = overtaken ? null : view;
            reconcile();
        }));
    }

    private void renewWish() {
        Wish before = wish;
        wish = before.next(leadership.get(), ticker.now(), setup.drains());
        if (wish.kind() != before.kind() || wish.token() != before.token()) {
            // At the beginning of a drain the view is current, because the leader has watched the slices until now.
            boolean viewHolds = wish.kind() == Kind.DRAIN && wish.token() == before.token();
            view = viewHolds ? view : null;
            hurried = wish.kind() == Kind.SERVE;
            writes = 0;
            afterFailure.reset();
            afterProblem.reset();
            nextTryNanos = ticker.nanoTime();
            if (!wish.pause().isZero()) {
                scheduler.in(wish.pause(), this::reconcile);
            }
        }
        if (!wish.isForUs()) {
            watch.close();
        }
        if (settled != null && wish.isSettled()) {
            settled.complete(null);
        }
    }

    /** Sends the next request; completes with the action for its answer. Null if there is none to send now. */
    private @Nullable CompletableFuture<Runnable> nextStep() {
        if (ticker.nanoTime() - nextTryNanos < 0) {
            return null;
        }
        return switch (wish.kind()) {
            case HOLD -> null;
            case NOTHING -> hasLooked ? null : look().thenApply(sight -> () -> lookedAtStart(sight));
            case SERVE, DRAIN, WITHDRAW -> {
                View seen = view;
                if (seen == null || isStale(seen)) {
                    yield look().thenApply(sight -> () -> looked(sight));
                }
                List<Write> missing = Plan.writes(wish, lease(), setup.service(), seen.slices(), seen.route());
                if (missing.isEmpty()) {
                    isAsWished(seen);
                    yield null;
                }
                yield write(missing);
            }
        };
    }

    private boolean isStale(View seen) {
        Duration allowed = watch.isOpen() && seen.faultless() ? LOOK_AGAIN : LOOK_UNWATCHED;
        return ticker.nanoTime() - seen.seenNanos() > allowed.toNanos();
    }

    private CompletableFuture<Lookout.Sight> look() {
        boolean fresh = !hurried;
        hurried = false;
        return wish.kind() == Kind.WITHDRAW
                ? lookout.lookAtSlices(fresh, unlisted)
                : lookout.look(pod, fresh, unlisted);
    }

    private void looked(Lookout.Sight sight) {
        hasLooked = true;
        pod = sight.pod() == null ? pod : sight.pod();
        Route.Found found = sight.found();
        if (found != null) {
            reports.problems(found.problems());
            reports.seen(sight.slices().values(), ours());
        }
        view = new View(
                sight.slices(),
                sight.version(),
                found == null ? null : found.route(),
                found == null || found.problems().isEmpty(),
                ticker.nanoTime());
        if (wish.isForUs() && (found == null || found.route() == null)) {
            // Without a route to our pod there is nothing to write. The route was not read if we did not lead then.
            view = null;
            if (found != null) {
                pause(afterProblem.next());
            }
        }
    }

    private void lookedAtStart(Lookout.Sight sight) {
        looked(sight);
        if (wish.kind() == Kind.NOTHING) {
            view = null;
            sight.slices().values().stream()
                    .filter(slice -> pod != null && slice.leadsTo(pod.uid()))
                    .mapToLong(Slice::token)
                    .max()
                    .ifPresent(token -> {
                        wish = Wish.afterLifeWith(token, ticker.now());
                        scheduler.in(wish.pause(), this::reconcile);
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
            view = view == null ? null : view.with(stored);
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
                view = null;
            } else {
                failed(failure);
            }
        }
    }

    private void isAsWished(View seen) {
        writes = 0;
        afterFailure.reset();
        afterProblem.reset();
        unlisted.clear();
        reports.inOrder();
        if (wish.isForUs()) {
            seen.slices().values().stream()
                    .filter(slice -> ours().contains(slice.name()) && Plan.isLaterThan(wish, slice))
                    .forEach(slice -> reports.later(slice, wish.token()));
            watch.open(seen.version());
        } else {
            // The address is removed, or a later leader has replaced it.
            wish = Wish.NOTHING;
            view = null;
            renewWish();
        }
    }

    private void failed(ApiException failure) {
        view = null;
        if (wish.kind() == Kind.NOTHING && failure.refusedForGood()) {
            // Forbidden: Permissions logs it, and a leader tries again.
            hasLooked = true;
            return;
        }
        reports.failed(String.valueOf(failure.getMessage()));
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
     * Keeps the view current. Changes by others are repaired at the next tick, not at once, so that two writers do not
     * overwrite each other quickly.
     */
    private final class Updates implements ServiceApi.WatchListener {

        @Override
        public void changed(Slice slice) {
            view = view == null ? null : view.with(slice);
        }

        @Override
        public void gone(Slice slice) {
            view = view == null ? null : view.without(slice);
            overtaken = busy;
        }

        @Override
        public void ended() {
            view = null;
        }
    }
}
