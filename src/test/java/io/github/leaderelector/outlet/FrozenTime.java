package io.github.leaderelector.outlet;

import io.github.leaderelector.leadership.ManualTicker;
import io.quarkus.test.junit.QuarkusTestProfile;
import jakarta.enterprise.inject.Alternative;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Set;

/** Runs the application by clocks that only the test moves, without an election. */
public final class FrozenTime implements QuarkusTestProfile {

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(Clocks.class, ScriptedCandidacy.class);
    }

    /** The clocks. */
    @Alternative
    @Singleton
    public static final class Clocks {

        @Produces
        @Singleton
        ManualTicker ticker() {
            return new ManualTicker();
        }
    }
}
