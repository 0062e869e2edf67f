package io.github.leaderelector.answer;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.text.ForeignText;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /}, as clients of {@code leader-elector:0.5} and {@code nais/elector} expect it.
 *
 * @param name the holder of the Lease; empty if there is none, and if we hold it but do not lead, because clients
 *     compare it with their hostname to find out whether they lead
 * @param lastUpdate when the current state began, RFC 3339
 */
@JsonPropertyOrder({"name", "last_update"})
public record HolderAnswer(
        String name, @JsonProperty("last_update") String lastUpdate) {

    /** The answer for {@code leadership} at {@code now}. */
    public static HolderAnswer of(Leadership leadership, Moment now) {
        String since = Times.rfc3339(leadership.since());
        @Nullable String holder = leadership.holder();
        if (holder == null || (holder.equals(leadership.identity()) && !leadership.leads(now))) {
            return new HolderAnswer("", since);
        }
        return new HolderAnswer(ForeignText.name(holder), since);
    }
}
