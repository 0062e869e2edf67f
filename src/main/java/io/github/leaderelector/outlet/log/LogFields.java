package io.github.leaderelector.outlet.log;

import io.github.leaderelector.leadership.Claim;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Transition;
import io.quarkiverse.loggingjson.JsonGenerator;
import io.quarkiverse.loggingjson.JsonProvider;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.logmanager.ExtLogRecord;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON log line in addition to its text: {@code id} of the message, {@code identity} and {@code lease}
 * of the process; and for a change of leadership {@code holder}, {@code term}, {@code token} (while leading),
 * {@code reason} and {@code gapMillis}.
 *
 * <p>The id is the first word of a message; the {@link Transition} is one of its parameters. Safe for use by many
 * threads.
 */
@Singleton
public final class LogFields implements JsonProvider {

    private static final Pattern ID = Pattern.compile("LE-\\d{3}(?= )");

    private volatile @Nullable Leadership process;

    /** From now on each line has the identity and the Lease of {@code leadership}. */
    public void signWith(Leadership leadership) {
        process = leadership;
    }

    @Override
    public void writeTo(JsonGenerator json, ExtLogRecord line) throws IOException {
        @Nullable String message = line.getMessage();
        Matcher id = ID.matcher(message == null ? "" : message);
        if (id.lookingAt()) {
            json.writeStringField("id", id.group());
        }
        Leadership known = process;
        if (known != null) {
            json.writeStringField("identity", known.identity());
            json.writeStringField("lease", known.lease().toString());
        }
        Object @Nullable [] parameters = line.getParameters();
        if (parameters != null) {
            for (Object parameter : parameters) {
                if (parameter instanceof Transition change) {
                    write(json, change);
                }
            }
        }
    }

    private static void write(JsonGenerator json, Transition change) throws IOException {
        Leadership after = change.after();
        Claim claim = after.claim();
        json.writeObjectField("holder", after.shownHolder());
        json.writeNumberField("term", after.term());
        if (claim != null) {
            json.writeNumberField("token", claim.fencingToken());
        }
        json.writeStringField("reason", after.reason().label());
        json.writeNumberField("gapMillis", change.gap().toMillis());
    }
}
