package io.github.leaderelector.leadership;

/**
 * One who wants to know who leads, and turns it into an outward sign.
 *
 * <p>Level-triggered: it is told the current state, not the way there, and makes the world look like it, again and
 * again. States in between may be skipped. It is called on the executor it was subscribed with, never twice at once; it
 * may block and throw without harm to the election.
 */
@FunctionalInterface
public interface LeadershipObserver {

    /**
     * Makes the world look like {@code leadership}.
     *
     * @throws Exception if that failed; it is then told again a second later, and a caller that waits for it (see
     *     {@link LeadershipHub#told}) goes on waiting
     */
    void onLeadership(Leadership leadership) throws Exception;
}
