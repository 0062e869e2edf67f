package io.github.leaderelector.answer;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.text.ForeignText;
import org.jspecify.annotations.Nullable;

/**
 * What clients of {@code leader-elector:0.5} and {@code nais/elector} expect of {@code GET /}.
 *
 * @param name who holds the Lease; empty when nobody is known to, and when we hold it but do not lead: clients compare
 *     it with their hostname to know whether they lead
 * @param lastUpdate since when, RFC 3339
 */
@JsonPropertyOrder({"name", "last_update"})
public record HolderAnswer(
        String name, @JsonProperty("last_update") String lastUpdate) {

    /** What {@code leadership} says of the holder at {@code now}. */
    public static HolderAnswer of(Leadership leadership, Moment now) {
        String since = Times.rfc3339(leadership.since());
        @Nullable String holder = leadership.holder();
        if (holder == null || (holder.equals(leadership.identity()) && !leadership.leads(now))) {
            return new HolderAnswer("", since);
        }
        return new HolderAnswer(ForeignText.name(holder), since);
    }
}
