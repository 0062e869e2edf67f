package io.github.leaderelector.answer;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.ObservedLease;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /leader} and the body of the hooks; all fields are true at one moment.
 *
 * <p>Numbers that may be null are of type {@link Number}, because the serializers that Quarkus generates at build time
 * leave out a {@link Long} that is null.
 *
 * @param leader whether this replica leads
 * @param identity our identity
 * @param holder the last known holder of the Lease; null if there is none, or if nothing was seen
 * @param term the Lease's {@code leaseTransitions}
 * @param fencingToken the number of this tenure; null unless this replica leads
 * @param since when the current state began, RFC 3339
 * @param validForMillis how long this replica may lead without a further renewal; 0 unless it leads
 * @param observedMillisAgo how long ago the Lease was last seen to change; null if it was never seen
 * @param reason why this replica leads or does not, one sentence
 * @param lease the Lease
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
     * The name of a Lease.
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

    /** The answer for {@code leadership} at {@code now}. */
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

    /** This answer without the fields that change with time: equal to another exactly if nothing else has changed. */
    public LeaderAnswer timeless() {
        return new LeaderAnswer(leader, identity, holder, term, fencingToken, since, 0, null, reason, lease);
    }
}
