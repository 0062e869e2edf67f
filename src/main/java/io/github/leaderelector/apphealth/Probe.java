package io.github.leaderelector.apphealth;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** One question to the application. Safe for use by many threads. */
@FunctionalInterface
interface Probe {

    /**
     * Asks whether the application is healthy. Does not block.
     *
     * @return completes within a second, never with a failure: with the problem, as a phrase to follow a colon; empty
     *     if the application is healthy
     */
    CompletionStage<Optional<String>> ask();
}
