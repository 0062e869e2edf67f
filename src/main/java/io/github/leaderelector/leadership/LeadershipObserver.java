package io.github.leaderelector.leadership;

/**
 * Is told who leads, and shows it to the outside.
 *
 * <p>Level-triggered: it is told the current state, not the changes, again and again, and makes its output match.
 * States in between may be skipped. It is called on the executor of its subscription, never twice at once. It may block
 * and throw without harm to the election.
 */
@FunctionalInterface
public interface LeadershipObserver {

    /**
     * Makes the output match {@code leadership}.
     *
     * @throws Exception if that failed; it is called again a second later, and callers of {@link LeadershipHub#told} go
     *     on waiting
     */
    void onLeadership(Leadership leadership) throws Exception;
}
