package io.github.leaderelector.demo;

import io.github.leaderelector.testkit.FakeApiServer;
import io.github.leaderelector.testkit.FaultProxy;
import io.github.leaderelector.testkit.FileOrder;
import io.github.leaderelector.testkit.FileWatch;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An API server, three replicas, and those who watch their leader files. For one thread, but for {@link #close}. */
final class DemoCluster implements AutoCloseable {

    /** The replicas' {@code LEASE_DURATION}. */
    static final Duration LEASE_DURATION = Duration.ofSeconds(5);

    /** The replicas' {@code RENEW_DEADLINE}. */
    static final Duration RENEW_DEADLINE = Duration.ofSeconds(3);

    private static final Duration NO_LEADER_LIMIT = LEASE_DURATION.multipliedBy(3);
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    private static final String NAMESPACE = "demo";

    private static final Map<String, String> SETTINGS = Map.of(
            "LEASE_NAME",
            "demo",
            "NAMESPACE",
            NAMESPACE,
            "LEASE_DURATION",
            LEASE_DURATION.toSeconds() + "s",
            "RENEW_DEADLINE",
            RENEW_DEADLINE.toSeconds() + "s",
            "RETRY_PERIOD",
            "1s");

    /** When a replica could not delete its file, by {@link System#nanoTime}. */
    private record Frozen(String replica, long from, long to) {

        Frozen until(long end) {
            return new Frozen(replica, from, end);
        }

        boolean explains(FileOrder.Together together) {
            return together.replicas().contains(replica) && together.nanos() - from >= 0 && together.nanos() - to <= 0;
        }
    }

    private final FakeApiServer api = new FakeApiServer();
    private final List<DemoReplica> replicas = new ArrayList<>();
    private final List<Frozen> frozen = new ArrayList<>();
    private final FileWatch files;
    private final FileOrder order;

    /**
     * Starts all but the replicas.
     *
     * @param folder for files and logs; emptied before
     * @param firstPort where the first replica serves HTTP; the others follow
     */
    DemoCluster(Path folder, int firstPort) throws IOException {
        Path leaderFiles = folder.resolve("files").toAbsolutePath();
        Files.createDirectories(leaderFiles);
        try (Stream<Path> old = Files.walk(folder)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        for (char c = 'a'; c <= 'c'; c++) {
            String name = "sidecar-" + c;
            FaultProxy network = new FaultProxy(api.url().getPort());
            replicas.add(new DemoReplica(
                    name,
                    firstPort + c - 'a',
                    leaderFiles.resolve(name),
                    folder.resolve(name + ".log"),
                    network,
                    Kubeconfigs.write(
                                    folder.resolve(name + ".kubeconfig"),
                                    api.url().resolve("http://127.0.0.1:" + network.port()),
                                    NAMESPACE)
                            .toAbsolutePath(),
                    SETTINGS));
        }
        files = new FileWatch(replicas.stream().collect(Collectors.toMap(DemoReplica::name, DemoReplica::file)));
        order = new FileOrder(
                leaderFiles, replicas.stream().collect(Collectors.toMap(r -> Path.of(r.name()), DemoReplica::name)));
    }

    List<DemoReplica> replicas() {
        return replicas;
    }

    /** Starts the replicas; returns when each knows a leader. */
    void start() {
        replicas.forEach(DemoReplica::start);
        replicas.forEach(this::awaitServing);
        awaitLeader("");
    }

    /** Returns when {@code replica} knows a leader. */
    void awaitServing(DemoReplica replica) {
        Wait.until(
                START_LIMIT,
                () -> replica.name() + " does not serve:\n" + replica.process().tail(),
                () -> {
                    if (!replica.process().isAlive()) {
                        throw new IllegalStateException(replica.name() + " has ended:\n"
                                + replica.process().tail());
                    }
                    return replica.says().filter(a -> !a.holder().isEmpty()).isPresent();
                });
    }

    /** Waits for the leader file of a replica that is not called {@code butNot}. */
    DemoReplica awaitLeader(String butNot) {
        Wait.until(
                NO_LEADER_LIMIT,
                () -> "No leader within " + NO_LEADER_LIMIT.toSeconds() + " s.",
                () -> files.present().stream().anyMatch(n -> !n.equals(butNot)));
        return replicas.stream()
                .filter(r -> !r.name().equals(butNot) && files.present().contains(r.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The leader's file was gone at once."));
    }

    /**
     * Waits until the file of {@code replica} is gone.
     *
     * @return when it was last seen, by {@link System#nanoTime}
     */
    long awaitNoFile(DemoReplica replica, Duration limit) {
        Wait.until(
                limit,
                () -> replica.name() + " left its file behind.",
                () -> !files.present().contains(replica.name()));
        return spansOf(replica).map(Span::to).reduce((one, later) -> later).orElseThrow();
    }

    /** When the file of {@code replica} was first seen after {@code after}. */
    long appeared(DemoReplica replica, long after) {
        return spansOf(replica)
                .map(Span::from)
                .filter(n -> n - after > 0)
                .findFirst()
                .orElseThrow();
    }

    private Stream<Span> spansOf(DemoReplica replica) {
        return files.spans().stream().filter(s -> s.replica().equals(replica.name()));
    }

    /** Makes {@code replica} stand still. It cannot delete its file then. */
    synchronized void freeze(DemoReplica replica) {
        long now = System.nanoTime();
        frozen.add(new Frozen(replica.name(), now, now + NO_LEADER_LIMIT.toNanos()));
        replica.process().freeze();
    }

    /** Lets {@code replica} go on; returns when it has deleted its file. */
    void thaw(DemoReplica replica) {
        replica.process().thaw();
        awaitNoFile(replica, NO_LEADER_LIMIT);
        synchronized (this) {
            long now = System.nanoTime();
            frozen.replaceAll(f -> f.replica().equals(replica.name()) && f.to() - now > 0 ? f.until(now) : f);
        }
    }

    /** Whether two replicas had a leader file at one instant, though neither was frozen. */
    synchronized boolean twoLed() {
        return order.together().stream().anyMatch(t -> frozen.stream().noneMatch(f -> f.explains(t)));
    }

    /** Ends all processes, within seconds even if one is frozen or cut off. */
    @Override
    public void close() {
        replicas.forEach(r -> r.network().heal());
        replicas.forEach(DemoReplica::end);
        replicas.forEach(DemoReplica::close);
        files.close();
        order.close();
        api.close();
    }
}
