package io.github.leaderelector.demo;

import io.github.leaderelector.testkit.LeaderAnswer;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An incident that happens to the leader, and its description. */
enum Incident {

    /** It is told to stop: it hands over. */
    STOPPED("SIGTERM", "is told to stop") {
        @Override
        Handover strike(DemoCluster cluster, DemoReplica leader) {
            leader.process().terminate();
            int code = leader.process().awaitExit(AT_ONCE);
            if (code != 0) {
                throw new IllegalStateException(leader.name() + " exited with " + code + ".");
            }
            long from = cluster.awaitNoFile(leader, AT_ONCE);
            DemoReplica next = cluster.awaitLeader(leader.name());
            return new Handover(
                    next, cluster.appeared(next, from) - from, "its last word was the release of the Lease");
        }

        @Override
        String recover(DemoCluster cluster, DemoReplica leader) {
            return restart(cluster, leader);
        }
    },

    /** It dies: its Lease has to expire. */
    KILLED("SIGKILL", "is killed") {
        @Override
        Handover strike(DemoCluster cluster, DemoReplica leader) {
            leader.process().kill();
            long from = System.nanoTime();
            try {
                // It cannot, since it is dead; it would when it starts again.
                Files.deleteIfExists(leader.file());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            DemoReplica next = cluster.awaitLeader(leader.name());
            return new Handover(next, cluster.appeared(next, from) - from, "the Lease had to expire");
        }

        @Override
        String recover(DemoCluster cluster, DemoReplica leader) {
            return restart(cluster, leader);
        }
    },

    /** It stands still, as on a machine that is suspended, and wakes up when another leads. */
    FROZEN("freeze", "is frozen (SIGSTOP)") {
        @Override
        Handover strike(DemoCluster cluster, DemoReplica leader) {
            long from = System.nanoTime();
            cluster.freeze(leader);
            DemoReplica next = cluster.awaitLeader(leader.name());
            if (fileCounts(leader)) {
                throw new IllegalStateException("is-leader trusts the file of a frozen sidecar.");
            }
            return new Handover(next, cluster.appeared(next, from) - from, "is-leader does not trust the file it left");
        }

        @Override
        String recover(DemoCluster cluster, DemoReplica leader) {
            cluster.thaw(leader);
            cluster.awaitServing(leader);
            if (leader.says().map(LeaderAnswer::leader).orElse(true)) {
                throw new IllegalStateException(leader.name() + " woke up and said that it leads.");
            }
            return leader.name() + " wakes up and knows that it does not lead";
        }

        private boolean fileCounts(DemoReplica leader) {
            try {
                List<String> command = List.of(
                        "sh",
                        "src/main/sh/is-leader",
                        leader.file().toString(),
                        String.valueOf(DemoCluster.RENEW_DEADLINE.toSeconds()));
                return Programs.run(command, "", Map.of(), AT_ONCE).status() == 0;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    },

    /** The network drops everything that it sends and receives, without an error. */
    CUT_OFF("black hole", "sends into a black hole") {
        @Override
        Handover strike(DemoCluster cluster, DemoReplica leader) {
            long from = System.nanoTime();
            leader.network().blackHole();
            long stopped = cluster.awaitNoFile(leader, LONG_ENOUGH);
            DemoReplica next = cluster.awaitLeader(leader.name());
            return new Handover(
                    next,
                    cluster.appeared(next, from) - from,
                    "it had stopped by itself after " + shown(Duration.ofNanos(stopped - from)));
        }

        @Override
        String recover(DemoCluster cluster, DemoReplica leader) {
            leader.network().heal();
            Wait.until(
                    LONG_ENOUGH,
                    () -> leader.name() + " does not see who leads.",
                    () -> leader.says()
                            .filter(a -> !a.leader()
                                    && !a.holder().isEmpty()
                                    && !a.holder().equals(leader.name()))
                            .isPresent());
            return leader.name() + " is connected again";
        }
    };

    /**
     * The result of the incident.
     *
     * @param next who leads now
     * @param nanos for how long nobody led; where that is not known, how long after the incident another did
     * @param remark half a sentence
     */
    record Handover(DemoReplica next, long nanos, String remark) {

        Duration time() {
            return Duration.ofNanos(nanos);
        }
    }

    private static final Duration AT_ONCE = Duration.ofSeconds(15);
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

    private final String title;
    private final String deed;

    Incident(String title, String deed) {
        this.title = title;
        this.deed = deed;
    }

    /** Its short name. */
    String title() {
        return title;
    }

    /** The description of the incident, as the end of a sentence. */
    String deed() {
        return deed;
    }

    /**
     * Lets it happen to {@code leader}; returns when another leads.
     *
     * @throws IllegalStateException if what is promised did not hold
     */
    abstract Handover strike(DemoCluster cluster, DemoReplica leader);

    /** Lets {@code leader} take part again; returns how that went, a sentence without its full stop. */
    abstract String recover(DemoCluster cluster, DemoReplica leader);

    /** {@code time} for people: in milliseconds below a second. */
    static String shown(Duration time) {
        return time.toMillis() < 1_000 ? time.toMillis() + " ms" : "%.1f s".formatted(time.toMillis() / 1e3);
    }

    private static String restart(DemoCluster cluster, DemoReplica replica) {
        replica.start();
        cluster.awaitServing(replica);
        return replica.name() + " is started again";
    }
}
