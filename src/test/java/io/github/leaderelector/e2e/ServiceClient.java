package io.github.leaderelector.e2e;

import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.LeaderClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client that asks a Service a hundred times a second who leads, each time by a new connection, and whether or not
 * the answers before have come. Safe for use by many threads.
 */
final class ServiceClient implements AutoCloseable {

    static final int PER_SECOND = 100;

    /** How long a request may take. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private final InetSocketAddress service;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    private final ExecutorService requests = Executors.newCachedThreadPool();
    private final Queue<LeaderAnswer> byLeaders = new ConcurrentLinkedQueue<>();
    private final AtomicInteger byOthers = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    /** Begins to ask. */
    ServiceClient(InetSocketAddress service) {
        this.service = service;
        var unused = clock.scheduleAtFixedRate(
                () -> requests.execute(this::ask), 0, 1_000_000 / PER_SECOND, TimeUnit.MICROSECONDS);
    }

    private void ask() {
        try (LeaderClient connection = new LeaderClient(service, PATIENCE)) {
            LeaderAnswer answer = connection.ask();
            if (answer.leader()) {
                byLeaders.add(answer);
            } else {
                byOthers.incrementAndGet();
            }
        } catch (IOException noAnswer) {
            failed.incrementAndGet();
        }
    }

    /** The answers of the leaders, in the order of the requests. */
    List<LeaderAnswer> byLeaders() {
        return byLeaders.stream()
                .sorted(Comparator.comparingLong(LeaderAnswer::asked))
                .toList();
    }

    /** How many requests were answered by a pod that did not lead. */
    int byOthers() {
        return byOthers.get();
    }

    /** When the last answer of a leader with {@code token}, or with a smaller one, came; one must have. */
    long lastAnswer(long token) {
        return byLeaders().stream()
                .filter(answer -> answer.fencingToken() <= token)
                .mapToLong(LeaderAnswer::answered)
                .max()
                .orElseThrow();
    }

    /** How long no leader answered: from that answer to the first one with a larger token; both must have come. */
    Duration gapAfter(long token) {
        long first = byLeaders().stream()
                .filter(answer -> answer.fencingToken() > token)
                .mapToLong(LeaderAnswer::answered)
                .min()
                .orElseThrow();
        return Duration.ofNanos(first - lastAnswer(token));
    }

    /** How many requests were not answered. */
    int failed() {
        return failed.get();
    }

    /**
     * The answers of leaders whose time was over: asked for after a leader with a larger token had answered already.
     */
    List<LeaderAnswer> late() {
        List<LeaderAnswer> late = new ArrayList<>();
        Queue<LeaderAnswer> underWay = new PriorityQueue<>(Comparator.comparingLong(LeaderAnswer::answered));
        long largest = 0;
        for (LeaderAnswer answer : byLeaders()) {
            while (!underWay.isEmpty() && underWay.element().answered() < answer.asked()) {
                largest = Math.max(largest, underWay.remove().fencingToken());
            }
            if (answer.fencingToken() < largest) {
                late.add(answer);
            }
            underWay.add(answer);
        }
        return late;
    }

    /** Asks no more, and waits for the answers under way. */
    @Override
    public void close() {
        clock.shutdownNow();
        requests.shutdown();
        try {
            requests.awaitTermination(2 * PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
