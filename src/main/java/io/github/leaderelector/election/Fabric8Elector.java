package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jboss.logging.Logger;

/** Fabric8's {@link LeaderElector}, used as a clockwork: when to look, when to write. */
final class Fabric8Elector implements Elector {

    private static final Logger LOG = Logger.getLogger(Fabric8Elector.class);

    private final LeaderElector elector;
    private CompletableFuture<?> running = CompletableFuture.completedFuture(null);

    /**
     * @param client handed through to the lock, which does not use it
     * @param executor where the attempts run: the one thread that also calls {@link #cancel}, so that no attempt is
     *     under way then and the elector's monitor is free
     */
    Fabric8Elector(KubernetesClient client, Lock lock, Timings timings, Executor executor) {
        LeaderElectionConfig config = new LeaderElectionConfigBuilder()
                .withName(lock.describe())
                .withLock(lock)
                .withLeaseDuration(timings.leaseDuration())
                .withRenewDeadline(timings.renewDeadline())
                .withRetryPeriod(timings.retryPeriod())
                // A release by the elector would come before anybody was told to stop.
                .withReleaseOnCancel(false)
                .withLeaderCallbacks(
                        // Nothing hangs on the callbacks: they come late, or not at all.
                        new LeaderCallbacks(
                                () -> LOG.debug("elector: started leading"),
                                () -> LOG.debug("elector: stopped leading"),
                                leader -> LOG.debugf("elector: new leader '%s'", leader)))
                .build();
        this.elector = new LeaderElector(client, config, executor);
    }

    @Override
    public CompletableFuture<?> start() {
        running = elector.start();
        return running;
    }

    @Override
    public void cancel() {
        running.cancel(true);
    }
}
