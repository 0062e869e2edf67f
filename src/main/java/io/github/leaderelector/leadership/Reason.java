package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;
import java.util.Locale;

/**
 * The reason of a state, such as why this replica leads or does not.
 *
 * @param code the kind of reason, stable, for metrics and machines
 * @param text one sentence for people; foreign text in it is made safe to show
 */
public record Reason(Code code, String text) {

    /** Makes {@code text} safe to show. */
    public Reason {
        text = ForeignText.sentence(text);
    }

    /** The kinds of reason. */
    public enum Code {
        /** The sidecar has just started. */
        STARTING,
        /** This replica took a free Lease. */
        ACQUIRED,
        /** Somebody else holds the Lease. */
        HELD_BY_OTHER,
        /** The Lease has no holder, as far as this replica can see. */
        VACANT,
        /** The API server did not acknowledge a write within the renew deadline. */
        RENEW_DEADLINE,
        /** The machine was suspended, by the comparison of its clocks. */
        SUSPENDED,
        /** Another client wrote the Lease while we held it. */
        OVERWRITTEN,
        /** The Lease was deleted while we held it. */
        DELETED,
        /** Another process writes under our identity. */
        IDENTITY_CONFLICT,
        /** The sidecar is stopping. */
        SHUTDOWN,
        /** This replica was asked to step down. */
        STEP_DOWN,
        /** The application is not healthy, or its health is not known yet. */
        UNHEALTHY,
        /** The API server refuses or does not answer. */
        API_FAILURE,
    }

    /** The code as a metric's label: lower case, with underscores. */
    public String label() {
        return code.name().toLowerCase(Locale.ROOT);
    }
}
