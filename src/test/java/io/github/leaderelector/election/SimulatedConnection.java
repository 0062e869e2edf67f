package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One machine's connection to the simulated API server, with all that can happen to it. */
final class SimulatedConnection implements LeaseApi {

    /** The fault that requests meet. */
    enum Fault {
        /** They are answered. */
        NONE,
        /** They never arrive. */
        REQUEST_LOST,
        /** They arrive, the answer does not. */
        ANSWER_LOST,
        /** They may arrive very late, even after the caller has given up. */
        SLOW,
        /** They are answered with 500 and do nothing. */
        REFUSED,
        /** They are answered with 500 but go through. */
        LIED,
        /** They are answered with 429 and Retry-After. */
        THROTTLED,
        /** They are answered with 403. */
        FORBIDDEN,
    }

    /**
     * A request that was made.
     *
     * @param atNanos when, in virtual time
     */
    record Request(long atNanos, String verb) {}

    private final VirtualTime time;
    private final SimulatedMachine machine;
    private final SimulatedApiServer server;
    private final Duration requestTimeout;
    private final RandomGenerator random;
    private final List<Request> requests = new ArrayList<>();
    private LongSupplier latency = this::usualLatency;
    private Duration retryAfter = Duration.ofSeconds(1);
    private Fault fault = Fault.NONE;
    private Set<String> faultyVerbs = Set.of();
    private UnaryOperator<LeaseDocument> sight = UnaryOperator.identity();
    private UnaryOperator<LeaseDocument> sending = UnaryOperator.identity();
    private Consumer<LeaseDocument> onStored = stored -> {};
    private boolean watchSilent;
    private boolean watchForbidden;
    private @Nullable Subscription subscription;

    SimulatedConnection(
            VirtualTime time,
            SimulatedMachine machine,
            SimulatedApiServer server,
            Duration requestTimeout,
            RandomGenerator random) {
        this.time = time;
        this.machine = machine;
        this.server = server;
        this.requestTimeout = requestTimeout;
        this.random = random;
    }

    /** From now on {@code next} happens to all requests, or to those of {@code verbs}. */
    void fault(Fault next, String... verbs) {
        fault = next;
        faultyVerbs = Set.of(verbs);
    }

    private Fault faultOf(String verb) {
        return faultyVerbs.isEmpty() || faultyVerbs.contains(verb) ? fault : Fault.NONE;
    }

    /** Each way takes {@code nanos} from now on. */
    void latency(long nanos) {
        latency = () -> nanos;
    }

    /** The Retry-After of {@link Fault#THROTTLED}. */
    void retryAfter(Duration wait) {
        retryAfter = wait;
    }

    /** The requests so far, without watches. */
    List<Request> requests() {
        return List.copyOf(requests);
    }

    /** From now on the Lease is seen as {@code change} makes it. */
    void sight(UnaryOperator<LeaseDocument> change) {
        sight = change;
    }

    /** From now on what is to replace the Lease is sent as {@code change} makes it. */
    void sending(UnaryOperator<LeaseDocument> change) {
        sending = change;
    }

    /** Tells {@code observer} what the API server has stored for this machine, as soon as it has. */
    void onStored(Consumer<LeaseDocument> observer) {
        onStored = observer;
    }

    void watchSilent(boolean silent) {
        watchSilent = silent;
    }

    void watchForbidden(boolean forbidden) {
        watchForbidden = forbidden;
    }

    void breakWatch() {
        Subscription open = subscription;
        if (open != null) {
            open.close();
            arrives(() -> open.listener.closed(failure("broken")));
        }
    }

    @Override
    public CompletableFuture<Optional<LeaseDocument>> get() {
        return call("get", () -> server.get().map(sight));
    }

    @Override
    public CompletableFuture<LeaseDocument> create(LeaseDocument lease) {
        return call("create", () -> told(server.create(lease)));
    }

    @Override
    public CompletableFuture<LeaseDocument> replace(LeaseDocument lease) {
        return call("update", () -> told(server.replace(sending.apply(lease))));
    }

    private LeaseDocument told(LeaseDocument stored) {
        onStored.accept(stored);
        return stored;
    }

    private <T> CompletableFuture<T> call(String verb, Supplier<T> operation) {
        requests.add(new Request(time.now(), verb));
        CompletableFuture<T> answer = new CompletableFuture<>();
        machine.after(requestTimeout.toNanos(), () -> answer.completeExceptionally(failure("no answer")));
        Fault now = faultOf(verb);
        if (now == Fault.REQUEST_LOST) {
            return answer;
        }
        long there = now == Fault.SLOW ? random.nextLong(2 * requestTimeout.toNanos()) : latency();
        time.in(there, () -> arrived(operation, now, answer));
        return answer;
    }

    private <T> void arrived(Supplier<T> operation, Fault now, CompletableFuture<T> answer) {
        switch (now) {
            case NONE, SLOW -> answer(answer, outcome(operation));
            case LIED -> {
                var unused = outcome(operation);
                answer(answer, CompletableFuture.failedFuture(new ApiException(500, "etcd timed out", null)));
            }
            case REFUSED -> answer(answer, CompletableFuture.failedFuture(new ApiException(500, "internal", null)));
            case THROTTLED ->
                answer(answer, CompletableFuture.failedFuture(new ApiException(429, "too many requests", retryAfter)));
            case FORBIDDEN -> answer(answer, CompletableFuture.failedFuture(new ApiException(403, "forbidden", null)));
            case ANSWER_LOST -> {
                var unused = outcome(operation);
            }
            case REQUEST_LOST -> throw new IllegalStateException();
        }
    }

    private static <T> CompletableFuture<T> outcome(Supplier<T> operation) {
        try {
            return CompletableFuture.completedFuture(operation.get());
        } catch (ApiException refused) {
            return CompletableFuture.failedFuture(refused);
        }
    }

    private <T> void answer(CompletableFuture<T> answer, CompletableFuture<T> outcome) {
        arrives(() -> {
            var unused = outcome.whenComplete((value, thrown) -> {
                if (thrown == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(thrown);
                }
            });
        });
    }

    /** Messages on the way to the machine do not depend on its clock. */
    private void arrives(Runnable what) {
        time.in(latency(), () -> machine.run(what));
    }

    @Override
    public CompletableFuture<Watch> watch(WatchListener listener) {
        if (watchForbidden) {
            return CompletableFuture.failedFuture(new ApiException(403, "watch forbidden", null));
        }
        if (faultOf("watch") != Fault.NONE) {
            CompletableFuture<Watch> answer = new CompletableFuture<>();
            machine.after(requestTimeout.toNanos(), () -> answer.completeExceptionally(failure("no answer")));
            return answer;
        }
        CompletableFuture<Watch> answer = new CompletableFuture<>();
        time.in(latency(), () -> {
            Subscription opened = new Subscription(listener);
            subscription = opened;
            server.watch(opened);
            server.get().ifPresent(lease -> opened.event(false, lease));
            arrives(() -> answer.complete(opened));
        });
        return answer;
    }

    @Override
    public void close() {}

    private long latency() {
        return latency.getAsLong();
    }

    private long usualLatency() {
        // Mostly a millisecond or two, now and then much more.
        return random.nextInt(20) == 0 ? random.nextLong(200_000_000L) : 300_000 + random.nextLong(2_000_000);
    }

    private static ApiException failure(String why) {
        return new ApiException(ApiException.NO_ANSWER, why, null);
    }

    /**
     * A watch: events come in order, each after a delay of its own, unless it is silent. What is under way when it ends
     * comes all the same, and maybe after newer ones of the next watch.
     */
    private final class Subscription implements SimulatedApiServer.Watcher, Watch {
        private final WatchListener listener;
        private long lastArrival;

        Subscription(WatchListener listener) {
            this.listener = listener;
        }

        @Override
        public void event(boolean deleted, LeaseDocument lease) {
            Fault now = faultOf("watch");
            if (watchSilent || now == Fault.REQUEST_LOST || now == Fault.ANSWER_LOST) {
                return;
            }
            lastArrival = Math.max(lastArrival, time.now() + latency());
            time.at(
                    lastArrival,
                    () -> machine.run(() -> {
                        if (deleted) {
                            listener.deleted(lease);
                        } else {
                            listener.changed(sight.apply(lease));
                        }
                    }));
        }

        @Override
        public void close() {
            server.unwatch(this);
        }
    }
}
