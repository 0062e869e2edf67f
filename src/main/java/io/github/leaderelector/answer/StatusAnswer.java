package io.github.leaderelector.answer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Transition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /status}: the state, its history and the settings, for people.
 *
 * @param leadership the answer to {@code GET /leader}
 * @param leaderlessMillis for how long no leader has been known; 0 while one is known
 * @param leaseExpiresInMillis when the Lease expires unless it is renewed, as seen by this replica; 0 if it has
 *     expired, null if no holder is known
 * @param problem the last failure of a request to the API server, one sentence; null if the last request succeeded
 * @param transitions the last changes of leadership, oldest first
 * @param settings the settings in force, by environment variable
 */
@JsonPropertyOrder({"leadership", "leaderlessMillis", "leaseExpiresInMillis", "problem", "transitions", "settings"})
public record StatusAnswer(
        LeaderAnswer leadership,
        long leaderlessMillis,
        @Nullable Number leaseExpiresInMillis,
        @Nullable String problem,
        List<Change> transitions,
        Map<String, String> settings) {

    /**
     * One change of leadership.
     *
     * @param sequence counts the changes from 1 on
     * @param at when this replica noticed it, RFC 3339
     * @param millisAgo how long ago that was, by the monotonic clock
     * @param leader whether this replica led from then on
     * @param holder the holder of the Lease from then on; null if none was known
     * @param gapMillis for how long no leader had been known before
     * @param reason the kind of reason, as in the metrics
     * @param text the reason, one sentence
     */
    @JsonPropertyOrder({"sequence", "at", "millisAgo", "leader", "holder", "gapMillis", "reason", "text"})
    public record Change(
            long sequence,
            String at,
            long millisAgo,
            boolean leader,
            @Nullable String holder,
            long gapMillis,
            String reason,
            String text) {

        static Change of(Transition transition, Moment now) {
            Leadership after = transition.after();
            return new Change(
                    transition.sequence(),
                    Times.rfc3339(transition.at()),
                    now.since(transition.at()).toMillis(),
                    after.claim() != null,
                    after.shownHolder(),
                    transition.gap().toMillis(),
                    after.reason().label(),
                    after.reason().text());
        }
    }

    /**
     * The answer for {@code leadership} and the changes before it at {@code now}.
     *
     * @param settings the settings in force, by environment variable
     */
    public static StatusAnswer of(
            Leadership leadership, List<Transition> transitions, Map<String, String> settings, Moment now) {
        return new StatusAnswer(
                LeaderAnswer.of(leadership, now),
                leadership.leaderlessFor(now).toMillis(),
                leaseExpiresInMillis(leadership.observed(), now),
                leadership.problem(),
                transitions.stream().map(t -> Change.of(t, now)).toList(),
                settings);
    }

    private static @Nullable Number leaseExpiresInMillis(@Nullable ObservedLease observed, Moment now) {
        return observed == null || observed.holder() == null
                ? null
                : Math.max(
                        0,
                        Duration.ofNanos(observed.expiresNanos() - now.nanos()).toMillis());
    }
}
