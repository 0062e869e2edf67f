package io.github.leaderelector.testkit;

/**
 * One unbroken time in which one replica was seen to claim the lead; all times by {@link System#nanoTime}.
 *
 * @param replica whose claim
 * @param earliest before this moment there was no claim
 * @param from from here ...
 * @param to ... until here there certainly was a claim; before {@code from} when it was seen but once
 * @param latest after this moment there was no claim
 * @param token the fencing token; 0 when the witness does not see it
 */
public record Span(String replica, long earliest, long from, long to, long latest, long token) {

    /** This claim, seen again: certain until {@code to}, possible until {@code latest}. */
    Span until(long newTo, long newLatest) {
        return new Span(replica, earliest, from, newTo, newLatest, token);
    }
}
