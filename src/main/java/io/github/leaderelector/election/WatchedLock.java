package io.github.leaderelector.election;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.LeaseRef;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Lock} that Fabric8's elector works with: translates between its records and a {@link LeaseSession}, which
 * decides.
 *
 * <p>The elector judges records by the wall clock, so it is never given one to judge: what is free has no holder, and
 * what is held was renewed just now. Nothing but {@link KubernetesClientException} is thrown, since the elector's loop
 * dies in silence of anything else. Its methods block for at most a few request timeouts and are called by the
 * elector's one thread.
 */
final class WatchedLock implements Lock {

    private final LeaseSession session;
    private final LeaseTracker tracker;
    private final LeaseRef ref;
    private final String identity;
    private final Duration leaseDuration;

    WatchedLock(LeaseSession session, LeaseTracker tracker, LeaseRef ref, String identity, Duration leaseDuration) {
        this.session = session;
        this.tracker = tracker;
        this.ref = ref;
        this.identity = identity;
        this.leaseDuration = leaseDuration;
    }

    @Override
    public @Nullable LeaderElectionRecord get(KubernetesClient client) {
        return record(await(session.look()));
    }

    private @Nullable LeaderElectionRecord record(Standing standing) {
        if (standing instanceof Standing.Ours) {
            return record(identity);
        }
        if (standing instanceof Standing.Held held) {
            // A namesake must not look like ourselves to the elector.
            return record(held.holder().equals(identity) ? identity + " (another process)" : held.holder());
        }
        return tracker.document().isPresent() ? record("") : null;
    }

    private LeaderElectionRecord record(String holder) {
        ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
        int term = tracker.document().map(LeaseDocument::term).orElse(0);
        return new LeaderElectionRecord(holder, leaseDuration, now, now, term);
    }

    @Override
    public void create(KubernetesClient client, LeaderElectionRecord ignored) {
        await(session.hold());
    }

    @Override
    public void update(KubernetesClient client, LeaderElectionRecord ignored) {
        await(session.hold());
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException thrown) {
            ApiException failure = ApiException.from(thrown);
            throw new KubernetesClientException(failure.getMessage(), failure.status(), null);
        }
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public String describe() {
        return "Lease " + ref;
    }
}
