package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import io.github.leaderelector.kubernetes.ApiException;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Renews by Fabric8's {@link LeaderElector}. It serves as a renewal loop only and does not judge who may lead: its lock
 * always says that we hold the Lease and have just renewed it. {@link LeaseWriter} decides whether a write is allowed.
 * See ADR 2.
 */
final class Fabric8Renewal implements Renewal {

    private static final Logger LOG = Logger.getLogger(Fabric8Renewal.class);

    private final Executor executor;
    private final CompletableFuture<?> running;

    /** @param executor one thread that may block, where the loop runs */
    Fabric8Renewal(ElectionSettings settings, Executor executor, Supplier<CompletableFuture<Void>> renew) {
        this.executor = executor;
        this.running = new LeaderElector(
                        // The elector only passes a client to the lock, which does not need one.
                        null,
                        new LeaderElectionConfigBuilder()
                                .withName("Lease " + settings.lease())
                                .withLock(new HeldLock(settings, renew))
                                .withLeaseDuration(settings.timings().leaseDuration())
                                .withRenewDeadline(settings.timings().renewDeadline())
                                .withRetryPeriod(settings.timings().retryPeriod())
                                // The elector would release before the outlets stop claiming.
                                .withReleaseOnCancel(false)
                                // Nothing depends on the callbacks: they come late, or not at all.
                                .withLeaderCallbacks(new LeaderCallbacks(
                                        () -> LOG.debug("Fabric8: started leading"),
                                        () -> LOG.debug("Fabric8: stopped leading"),
                                        leader -> LOG.debugf("Fabric8: new leader '%s'", leader)))
                                .build(),
                        executor)
                .start();
    }

    /** Runs on the loop's own thread: no attempt is under way then, and the elector's monitor is free. */
    @Override
    public void stop() {
        executor.execute(() -> running.cancel(true));
    }

    /**
     * The {@link Lock} of a Lease that we hold. Throws {@link KubernetesClientException} only, because any other
     * exception ends the loop silently.
     */
    private record HeldLock(ElectionSettings settings, Supplier<CompletableFuture<Void>> renew) implements Lock {

        @Override
        public LeaderElectionRecord get(KubernetesClient client) {
            ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
            return new LeaderElectionRecord(
                    settings.identity(), settings.timings().leaseDuration(), now, now, 0);
        }

        @Override
        public void create(KubernetesClient client, LeaderElectionRecord ignored) {
            update(client, ignored);
        }

        @Override
        public void update(KubernetesClient client, LeaderElectionRecord ignored) {
            try {
                renew.get().join();
            } catch (CompletionException thrown) {
                ApiException failure = ApiException.from(thrown);
                throw new KubernetesClientException(failure.getMessage(), failure.status(), null);
            }
        }

        @Override
        public String identity() {
            return settings.identity();
        }

        @Override
        public String describe() {
            return "Lease " + settings.lease();
        }
    }
}
