package io.github.leaderelector.answer;

import io.github.leaderelector.leadership.Moment;
import java.time.temporal.ChronoUnit;

/** Formats times for answers. */
final class Times {

    private Times() {}

    /** The wall clock's time in UTC as in RFC 3339, to the millisecond. */
    static String rfc3339(Moment moment) {
        return moment.wall().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
