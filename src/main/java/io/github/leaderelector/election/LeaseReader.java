package io.github.leaderelector.election;

import io.github.leaderelector.kubernetes.ApiException;
import java.util.concurrent.CompletableFuture;

/** Reads the Lease from the API server into the view. For the election's thread only. */
final class LeaseReader {

    private final LeaseApi api;
    private final LeaseView view;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    private long begun;

    LeaseReader(LeaseApi api, LeaseView view) {
        this.api = api;
        this.view = view;
    }

    /** Completes when the view has the answer; fails with an {@link ApiException}. */
    CompletableFuture<Void> read() {
        begun++;
        long versionWhenSent = view.version();
        last = api.get().thenAccept(lease -> view.read(lease, versionWhenSent));
        return last;
    }

    /** How many reads have begun so far. */
    long begun() {
        return begun;
    }

    /** The last read, if more than {@code count} reads have begun; else a new one. */
    CompletableFuture<Void> readAfter(long count) {
        return begun > count ? last : read();
    }
}
