package io.github.leaderelector.outlet;

import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Reason;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Stands for the election where one asks something of it. */
@Alternative
@Singleton
public final class ScriptedCandidacy implements Candidacy {

    private final LeadershipHub hub;
    private final List<String> asked = new ArrayList<>();
    private boolean draining;

    ScriptedCandidacy(LeadershipHub hub) {
        this.hub = hub;
    }

    /** The calls since this method was last called. */
    public synchronized List<String> asked() {
        List<String> all = List.copyOf(asked);
        asked.clear();
        return all;
    }

    /** A drain is under way. */
    public synchronized void drain() {
        draining = true;
    }

    @Override
    public synchronized void resign(Reason reason) {
        asked.add("stand back: " + reason.text());
    }

    @Override
    public synchronized void campaign(Reason.Code kind) {
        asked.add("come back: " + kind);
    }

    @Override
    public synchronized boolean stepDown(Duration cooldown) {
        asked.add("step down for " + cooldown);
        if (!hub.leads()) {
            return false;
        }
        hub.observe(new ResignRequested(new Reason(Reason.Code.STEP_DOWN, "Asked to step down.")));
        return true;
    }

    @Override
    public synchronized boolean drained() {
        asked.add("drained");
        boolean was = draining;
        draining = false;
        return was;
    }
}
