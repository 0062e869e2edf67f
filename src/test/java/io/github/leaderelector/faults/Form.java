package io.github.leaderelector.faults;

import io.github.leaderelector.testkit.Timings;
import java.util.List;

/**
 * How much of everything: with {@code -Dfaults.short} the whole bench takes less than 10 minutes and uses one set of
 * times for each scene; without it each scene is played with both sets. Single amounts have properties of their own.
 */
final class Form {

    private static final boolean SHORT = Boolean.getBoolean("faults.short");

    private Form() {}

    /** The value of the system property {@code name} if it is set, else the value of this form. */
    static int amount(String name, int whole, int brief) {
        return Integer.getInteger(name, SHORT ? brief : whole);
    }

    /** The times of a scene's replicas; only {@code brief} in the short form. */
    static List<Timings> timings(Timings brief) {
        return SHORT ? List.of(brief) : List.of(Timings.SHORT, Timings.DEFAULT);
    }
}
