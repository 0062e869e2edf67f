package io.github.leaderelector.leadership;

import io.github.leaderelector.text.ForeignText;

/**
 * Why things are as they are.
 *
 * @param code the kind of reason, stable, for metrics and machines
 * @param text one sentence for people; what others wrote of it is made fit to be shown to anybody
 */
public record Reason(Code code, String text) {

    /** Makes {@code text} fit to be shown. */
    public Reason {
        text = ForeignText.sentence(text);
    }

    /** The kinds of reason. */
    public enum Code {
        /** The sidecar has just begun. */
        STARTING,
        /** Took a Lease that nobody held. */
        ACQUIRED,
        /** Somebody else holds the Lease. */
        HELD_BY_OTHER,
        /** Nobody holds the Lease, as far as can be seen. */
        VACANT,
        /** The API server did not acknowledge a write within the renew deadline. */
        RENEW_DEADLINE,
        /** The clocks say that this machine was suspended. */
        SUSPENDED,
        /** Another wrote the Lease while we held it. */
        OVERWRITTEN,
        /** The Lease was deleted while we held it. */
        DELETED,
        /** Somebody else writes under our identity. */
        IDENTITY_CONFLICT,
        /** The sidecar is stopping. */
        SHUTDOWN,
        /** Asked to give up the lead. */
        STEP_DOWN,
        /** The application is not healthy, or has not said yet that it is. */
        UNHEALTHY,
        /** The API server refuses or does not answer. */
        API_FAILURE,
    }

    /** The code as a metric's label: lower case, with underscores. */
    public String label() {
        return code.name().toLowerCase(java.util.Locale.ROOT);
    }
}
