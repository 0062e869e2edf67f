package io.github.leaderelector.election;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Silences the election's log, and those of client and mock, while a test class runs in which trouble is what is
 * wanted.
 */
final class QuietElection implements BeforeAllCallback, AfterAllCallback {

    /** Kept, because the log manager forgets the level of a logger that nobody holds. */
    private static final List<Logger> LOGS = Stream.of(
                    "io.github.leaderelector.election", "io.github.leaderelector.leadership", "io.fabric8", "io.vertx")
            .map(Logger::getLogger)
            .toList();

    @Override
    public void beforeAll(ExtensionContext context) {
        LOGS.forEach(log -> log.setLevel(Level.OFF));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        LOGS.forEach(log -> log.setLevel(null));
    }
}
