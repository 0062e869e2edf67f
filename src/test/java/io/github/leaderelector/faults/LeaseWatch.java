package io.github.leaderelector.faults;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.github.leaderelector.testkit.Bench;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a bystander with a healthy watch sees of the Lease, and when. */
final class LeaseWatch implements AutoCloseable {

    /**
     * A state of the Lease.
     *
     * @param nanos when it was seen, by {@link System#nanoTime}
     * @param holder empty when nobody holds it
     * @param version its resourceVersion
     */
    record Seen(long nanos, String holder, long version) {}

    private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
    private final Watch watch;

    LeaseWatch(Bench bench) {
        watch = bench.admin()
                .leases()
                .inNamespace(bench.namespace())
                .withName(Bench.LEASE)
                .watch(new Watcher<Lease>() {
                    @Override
                    public void eventReceived(Action action, Lease lease) {
                        boolean held = action != Action.DELETED && lease.getSpec() != null;
                        String holder = held ? lease.getSpec().getHolderIdentity() : "";
                        seen.add(new Seen(
                                System.nanoTime(),
                                Objects.requireNonNullElse(holder, ""),
                                Long.parseLong(lease.getMetadata().getResourceVersion())));
                    }

                    @Override
                    public void onClose(WatcherException cause) {
                        // What was seen stays; a scenario that needs more fails for it.
                    }
                });
    }

    /** Everything, oldest first. */
    List<Seen> all() {
        return List.copyOf(seen);
    }

    /** The last state in which {@code holder} held it. */
    Seen lastOf(String holder) {
        return seen.stream()
                .filter(s -> s.holder().equals(holder))
                .reduce((a, b) -> b)
                .orElseThrow(() -> new AssertionError(holder + " was never seen to hold the Lease."));
    }

    @Override
    public void close() {
        watch.close();
    }
}
