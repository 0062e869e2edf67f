package io.github.leaderelector.apphealth;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** One question to the application. Safe for use by many threads. */
@FunctionalInterface
interface Probe {

    /**
     * Asks whether it is healthy. Does not wait.
     *
     * @return completes, within a second and never with a failure, with what is wrong, as a phrase to follow a colon;
     *     empty if it is healthy
     */
    CompletionStage<Optional<String>> ask();
}
