package io.github.leaderelector.leadership;

import java.util.Optional;

/**
 * A part without which this process must not go on living: the liveness probe asks it.
 *
 * <p>Implementations are safe for use by many threads and answer at once.
 */
@FunctionalInterface
public interface Vital {

    /** One sentence that says why the process should be restarted; empty while all is well. */
    Optional<String> failure();
}
