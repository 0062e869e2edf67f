package io.github.leaderelector.answer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /leader} answers, and hooks are told; all of it true at the one moment of answering.
 *
 * <p>Numbers that may be null are of type {@link Number}, because the serializers that Quarkus makes at build time
 * leave out a {@link Long} that is null.
 *
 * @param leader whether this replica leads
 * @param identity who we are
 * @param holder who holds the Lease as far as was seen; null when nobody does or nothing was seen
 * @param term the Lease's {@code leaseTransitions}
 * @param fencingToken the number of this tenure; null unless this replica leads
 * @param since when the current state began, RFC 3339
 * @param validForMillis how long this replica may go on leading without a further renewal; 0 unless it leads
 * @param observedMillisAgo how long ago the Lease was last seen to change; null when never
 * @param reason why this replica leads or does not, one sentence
 * @param lease which Lease
 */
@JsonPropertyOrder({
    "leader",
    "identity",
    "holder",
    "term",
    "fencingToken",
    "since",
    "validForMillis",
    "observedMillisAgo",
    "reason",
    "lease"
})
public record LeaderAnswer(
        boolean leader,
        String identity,
        @Nullable String holder,
        int term,
        @Nullable Number fencingToken,
        String since,
        long validForMillis,
        @Nullable Number observedMillisAgo,
        String reason,
        LeaseName lease) {

    /**
     * Which Lease.
     *
     * @param namespace its namespace
     * @param name its name
     */
    @JsonPropertyOrder({"namespace", "name"})
    public record LeaseName(String namespace, String name) {

        static LeaseName of(LeaseRef lease) {
            return new LeaseName(lease.namespace(), lease.name());
        }
    }

    /** What {@code leadership} means at {@code now}. */
    public static LeaderAnswer of(Leadership leadership, Moment now) {
        OptionalLong token = leadership.fencingToken(now);
        ObservedLease observed = leadership.observed();
        return new LeaderAnswer(
                leadership.leads(now),
                leadership.identity(),
                leadership.shownHolder(),
                leadership.term(),
                token.isPresent() ? token.getAsLong() : null,
                Times.rfc3339(leadership.since()),
                leadership.validFor(now).toMillis(),
                observed == null ? null : (now.nanos() - observed.observedNanos()) / 1_000_000,
                leadership.reason().text(),
                LeaseName.of(leadership.lease()));
    }

    /** This answer without what changes by time alone: equal to another exactly if nothing else has changed. */
    public LeaderAnswer timeless() {
        return new LeaderAnswer(leader, identity, holder, term, fencingToken, since, 0, null, reason, lease);
    }
}
