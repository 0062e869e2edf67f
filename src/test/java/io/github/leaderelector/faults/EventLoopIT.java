package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.faults.BusyClient.Question;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** B1: nothing waits on the event loop, whatever happens to the election meanwhile. */
class EventLoopIT {

    private static final int ROUNDS = 4;

    /** For tasks that do not wait: what a starved processor may cost them. */
    private static final Duration WITHOUT_WAITING = Duration.ofMillis(500);

    private static Scene scene;

    @BeforeAll
    static void startReplicas() {
        Map<String, String> settings = new HashMap<>(LoopWatch.SETTINGS);
        settings.put("READINESS", "leader");
        // Nobody answers there: names are looked up and connections refused, again and again.
        settings.put("ON_LEADING_URL", "http://localhost:9/leading");
        settings.put("ON_FOLLOWING_URL", "http://localhost:9/following");
        scene = Scene.open("event-loop", Timings.SHORT, settings, Scene.THREE);
        scene.bench().startAll();
    }

    @AfterAll
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void nothingWaitsOnTheEventLoop() throws IOException {
        // The first requests load classes.
        handOver(scene.begin("warm-up of the event loops"));
        scene.begin("watched event loops");
        long from = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            handOver(scene.settle());
        }
        scene.settle();
        List<LoopWatch.Held> held = scene.bench().replicas().stream()
                .flatMap(r -> LoopWatch.since(r.process().lines(), from).stream())
                .toList();
        Duration longest = held.stream()
                .map(LoopWatch.Held::length)
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
        assertThat(held).as("tasks that wait").noneMatch(LoopWatch.Held::waits);
        assertThat(longest).as("%s", held).isLessThan(scene.allowing(WITHOUT_WAITING));
        scene.conclude(
                "watched event loops, " + ROUNDS + " handovers and black holes amid busy clients",
                "no task waited on one for 20 ms; the longest that did not wait had it for %d ms"
                        .formatted(longest.toMillis()));
    }

    /** Once by a step-down, once by a network that is gone, amid clients that ask on. */
    private static void handOver(Replica leader) throws IOException {
        try (BusyClient one = new BusyClient(leader, Question.LEADER, 1);
                BusyClient two = new BusyClient(leader, Question.GROUP, 4)) {
            Wait.until(
                    Duration.ofSeconds(20), () -> "No claim: " + one + two, () -> one.claims() > 0 && two.claims() > 0);
            stepDown(leader);
            Replica next =
                    scene.bench().awaitLeaderOtherThan(leader, scene.timings().leaseDuration());
            next.network().blackHole();
            scene.bench()
                    .awaitLeaderOtherThan(next, scene.timings().leaseDuration().multipliedBy(4));
            next.network().heal();
        }
    }

    private static void stepDown(Replica leader) throws IOException {
        HttpURLConnection request = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + leader.httpPort() + "/leader/step-down?cooldown=2s")
                        .toURL()
                        .openConnection();
        request.setRequestMethod("POST");
        assertThat(request.getResponseCode()).isEqualTo(202);
    }
}
