package io.github.leaderelector.election;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Silences the election's log while a test class runs in which trouble is what is wanted. */
final class QuietElection implements BeforeAllCallback, AfterAllCallback {

    /** Kept, because the log manager forgets the level of a logger that nobody holds. */
    private static final List<Logger> LOGS = List.of(
            Logger.getLogger("io.github.leaderelector.election"),
            Logger.getLogger("io.github.leaderelector.leadership"));

    @Override
    public void beforeAll(ExtensionContext context) {
        LOGS.forEach(log -> log.setLevel(Level.OFF));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        LOGS.forEach(log -> log.setLevel(null));
    }
}
