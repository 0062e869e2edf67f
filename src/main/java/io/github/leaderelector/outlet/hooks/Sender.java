package io.github.leaderelector.outlet.hooks;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** Sends one POST. */
@FunctionalInterface
interface Sender {

    /**
     * Sends {@code json} to {@code url}; does not block and does not follow redirects.
     *
     * @return completes with the status, or fails if there is no answer in time; cancelling it ends the request
     */
    CompletableFuture<Integer> post(URI url, String json);
}
