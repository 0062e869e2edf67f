package io.github.leaderelector.outlet.hooks;

import java.net.URI;
import java.util.concurrent.CompletableFuture;

/** Sends one POST. */
@FunctionalInterface
interface Sender {

    /**
     * Sends {@code json} to {@code url}; does not wait, nor follow redirects.
     *
     * @return completes with the status, or fails when there is no answer in time; cancelling it cuts the request off
     */
    CompletableFuture<Integer> post(URI url, String json);
}
