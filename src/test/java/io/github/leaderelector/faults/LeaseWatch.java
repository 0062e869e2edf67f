package io.github.leaderelector.faults;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.github.leaderelector.testkit.Bench;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** The changes of the Lease, with their times, as an observer with a working watch sees them. */
final class LeaseWatch implements AutoCloseable {

    /**
     * A state of the Lease.
     *
     * @param nanos when it was seen, by {@link System#nanoTime}
     * @param holder empty when nobody holds it
     * @param renewTime when it says that it was renewed; null when it does not
     */
    record Seen(long nanos, String holder, @Nullable ZonedDateTime renewTime) {}

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
                                held ? lease.getSpec().getRenewTime() : null));
                    }

                    @Override
                    public void onClose(WatcherException cause) {
                        // The events until now are kept; a scenario that needs more fails.
                    }
                });
    }

    /** Everything, oldest first. */
    List<Seen> all() {
        return List.copyOf(seen);
    }

    /**
     * The last renewal by {@code holder}, when it was seen first: others may write beside it, as its successor does.
     */
    Seen lastOf(String holder) {
        return seen.stream()
                .filter(s -> s.holder().equals(holder))
                .reduce((a, b) -> Objects.equals(a.renewTime(), b.renewTime()) ? a : b)
                .orElseThrow(() -> new AssertionError(holder + " was never seen to hold the Lease."));
    }

    @Override
    public void close() {
        watch.close();
    }
}
