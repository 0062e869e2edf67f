package io.github.leaderelector.leadership;

import java.util.Optional;

/**
 * A part whose failure requires a restart of this process; the liveness probe asks it.
 *
 * <p>Implementations are safe for use by many threads and do not block.
 */
@FunctionalInterface
public interface Vital {

    /** One sentence that says why the process should be restarted; empty while all is well. */
    Optional<String> failure();
}
