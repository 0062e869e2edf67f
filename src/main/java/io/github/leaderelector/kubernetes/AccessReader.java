package io.github.leaderelector.kubernetes;

import java.time.Instant;
import java.util.Optional;

/** Reads the address of the API server and the credentials for it. Blocks. For one thread at a time. */
interface AccessReader {

    /**
     * The result of reading.
     *
     * @param access what it says now
     * @param renewAt when its credentials are to be renewed, if that is known: a while before they expire
     */
    record Reading(ApiAccess access, Optional<Instant> renewAt) {}

    /**
     * Reads the access again.
     *
     * @param rejected whether the API server rejected what was read last
     * @throws AccessException if it cannot be read now
     */
    Reading read(boolean rejected) throws AccessException;

    /**
     * The namespace that it tells, which can be known before there are credentials; empty if it tells none.
     *
     * @throws AccessException if it cannot be read now
     */
    default Optional<String> namespace() throws AccessException {
        return Optional.empty();
    }
}
