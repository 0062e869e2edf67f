package io.github.leaderelector.testkit;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Some replicas on one Lease in a namespace of their own, with their proxies and the witnesses of what they claim. Not
 * safe for use by many threads.
 */
public final class Bench implements AutoCloseable {

    /** The name of the Lease. */
    public static final String LEASE = "bench";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);

    private final Timings timings;
    private final String namespace;
    private final History history = new History();
    private final Map<String, Replica> replicas = new LinkedHashMap<>();
    private final KubernetesClient admin;
    private final Rbac rbac;
    private final FileWatch files;
    private final FileOrder fileOrder;
    private final Thread endWithTheJvm = new Thread(this::closeReplicas, "end-replicas");

    private Bench(
            RealApiServer server, Path folder, Timings timings, Map<String, String> settings, List<String> names) {
        this.timings = timings;
        this.namespace = String.valueOf(folder.getFileName()).toLowerCase(java.util.Locale.ROOT);
        this.admin = server.admin();
        this.rbac = new Rbac(admin, namespace, LEASE);
        Path absolute = folder.toAbsolutePath();
        Path leaderFiles = absolute.resolve("leader");
        try {
            RealApiServer.deleteTree(absolute);
            Files.createDirectories(leaderFiles);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("LEASE_NAME", LEASE);
        environment.put("NAMESPACE", namespace);
        environment.put("LEASE_DURATION", timings.leaseDuration().toMillis() + "ms");
        environment.put("RENEW_DEADLINE", timings.renewDeadline().toMillis() + "ms");
        environment.put("RETRY_PERIOD", timings.retryPeriod().toMillis() + "ms");
        environment.putAll(settings);
        server.createNamespace(namespace);
        for (String name : names) {
            rbac.grant(name);
            replicas.put(name, new Replica(name, server, history, absolute, environment));
        }
        this.files = new FileWatch(replicas.values().stream().collect(Collectors.toMap(Replica::name, Replica::file)));
        this.fileOrder = new FileOrder(leaderFiles, names.stream().collect(Collectors.toMap(Path::of, n -> n)));
        Runtime.getRuntime().addShutdownHook(endWithTheJvm);
    }

    /**
     * Sets up the replicas; starts none of them.
     *
     * @param server has {@code names} as users
     * @param folder where files and logs go; emptied before. Its name is the namespace's name, which must be new to the
     *     server
     * @param timings for all replicas
     * @param settings further environment variables for all replicas
     * @param names of the replicas
     */
    public static Bench create(
            RealApiServer server, Path folder, Timings timings, Map<String, String> settings, List<String> names) {
        return new Bench(server, folder, timings, settings, names);
    }

    /** Starts every replica that does not run, and waits until all serve and one leads. */
    public void startAll() {
        List<Replica> started = new ArrayList<>();
        for (Replica replica : replicas.values()) {
            if (!replica.isAlive()) {
                replica.start();
                started.add(replica);
            }
        }
        started.forEach(r -> r.awaitServing(START_LIMIT));
        awaitLeader(timings.leaseDuration().multipliedBy(2));
    }

    /** All replicas. */
    public List<Replica> replicas() {
        return List.copyOf(replicas.values());
    }

    /** The replica called {@code name}. */
    public Replica replica(String name) {
        Replica replica = replicas.get(name);
        if (replica == null) {
            throw new IllegalArgumentException("No replica " + name + ".");
        }
        return replica;
    }

    /** Waits until exactly one file is there; returns whose. */
    public Replica awaitLeader(Duration limit) {
        return awaitLeader(limit, "leader", leader -> true);
    }

    /** Waits until the file of someone else than {@code old} is the only one; returns whose. */
    public Replica awaitLeaderOtherThan(Replica old, Duration limit) {
        return awaitLeader(limit, "leader but " + old.name(), leader -> !leader.equals(old.name()));
    }

    private Replica awaitLeader(Duration limit, String whom, Predicate<String> wanted) {
        AtomicReference<String> found = new AtomicReference<>();
        Wait.until(
                limit,
                () -> "No " + whom + " within " + limit + ".\n" + checker().describe(),
                () -> {
                    List<String> present = files.present();
                    if (present.size() != 1 || !wanted.test(present.get(0))) {
                        return false;
                    }
                    found.set(present.get(0));
                    return true;
                });
        return replica(found.get());
    }

    /** The namespace of the Lease. */
    public String namespace() {
        return namespace;
    }

    /** The timings of the replicas. */
    public Timings timings() {
        return timings;
    }

    /** What was done so far. */
    public History history() {
        return history;
    }

    /** Their leader files. */
    public FileWatch files() {
        return files;
    }

    /** The replicas' permissions; each is a user with its own name. */
    public Rbac rbac() {
        return rbac;
    }

    /** A client that may do everything and goes past all proxies. */
    public KubernetesClient admin() {
        return admin;
    }

    /** Judges what was seen so far. */
    public Checker checker() {
        if (!fileOrder.complete()) {
            throw new IllegalStateException("The file system has lost notifications: nobody knows what was missed.");
        }
        return new Checker(
                history,
                timings.renewDeadline(),
                files.spans(),
                replicas.values().stream()
                        .flatMap(r -> r.claims().spans().stream())
                        .toList(),
                fileOrder.together());
    }

    @Override
    public void close() {
        closeReplicas();
        files.close();
        fileOrder.close();
        Runtime.getRuntime().removeShutdownHook(endWithTheJvm);
    }

    private void closeReplicas() {
        replicas.values().forEach(Replica::close);
    }
}
