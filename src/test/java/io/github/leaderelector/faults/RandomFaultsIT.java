package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.github.leaderelector.testkit.ApiRequest;
import io.github.leaderelector.testkit.Fault;
import io.github.leaderelector.testkit.FaultProxy.Direction;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Faults of all kinds but wrong clocks, mixed at random, for {@code -Dfaults.duration} seconds; {@code -Dfaults.seed}
 * draws the same faults again, though not the same moments, and so not always the same leader for them. A failure tells
 * its seed and its history.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class RandomFaultsIT {

    private static final Duration DURATION = Duration.ofSeconds(Form.amount("faults.duration", 300, 30));
    private static final List<Integer> STATUSES = List.of(403, 404, 409, 500, 503);
    private static final List<Hand> HANDS = List.of(Hand.values());

    /** Until its holder has noticed that somebody has laid hand on the Lease. */
    private static final Duration UNTIL_NOTICED = Duration.ofMillis(200);

    private static final long SEED = Long.getLong("faults.seed", System.nanoTime());

    private static Scene scene;

    private final Random random = new Random(SEED);
    private final Deque<Runnable> ends = new ArrayDeque<>();
    private boolean apiServerRuns = true;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("random", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    @Test
    void randomFaultsNeverGiveTwoLeadersAndALeaderReturnsAfterwards() {
        String seed = "-Dfaults.seed=" + SEED;
        System.out.println("random faults: " + seed);
        scene.begin("random faults");
        long end = System.nanoTime() + DURATION.toNanos();
        int faults = 0;
        while (System.nanoTime() - end < 0) {
            fault();
            faults++;
            Wait.pass(Duration.ofMillis(random.nextInt(2_500)));
            if (random.nextInt(3) > 0) {
                endAll();
                Wait.pass(Duration.ofMillis(random.nextInt(2_000)));
            }
            scene.assertClean(seed);
        }
        endAll();
        scene.heal();
        scene.bench().history().mark("end of all faults");
        List<Replica> dead =
                scene.bench().replicas().stream().filter(r -> !r.isAlive()).toList();
        dead.forEach(Replica::start);
        dead.forEach(r -> r.awaitServing(Duration.ofSeconds(60)));
        // Before that there may be no candidate at all.
        long ended = System.nanoTime();
        Replica leader =
                scene.bench().awaitLeader(scene.timings().leaseDuration().multipliedBy(3));
        Duration back = Duration.ofNanos(Math.max(0, scene.lastFile(leader).from() - ended));
        scene.settle();
        int tenures = (int) scene.filesOfScenario().count();
        scene.conclude(
                "random mix for " + DURATION.toSeconds() + " s, " + seed,
                "%d faults, %d tenures, no overlap; a leader %.0f ms after all were back"
                        .formatted(faults, tenures, Scene.millis(back)));
        assertThat(back)
                .isLessThanOrEqualTo(
                        scene.timings().leaseDuration().plus(scene.timings().retryPeriod()));
    }

    /** All that is drawn is drawn at once, so that a seed draws the same whatever the replicas do. */
    private void fault() {
        List<Replica> replicas = scene.bench().replicas();
        Replica anyone = replicas.get(random.nextInt(replicas.size()));
        boolean theLeader = random.nextBoolean();
        int kind = random.nextInt(17);
        double size = random.nextDouble();
        // Most faults that matter are the leader's.
        List<String> leaders = scene.bench().files().present();
        Replica one = theLeader && !leaders.isEmpty() ? scene.bench().replica(leaders.get(0)) : anyone;
        switch (kind) {
            case 0 -> process(one, one::terminate);
            case 1 -> process(one, one::kill);
            case 2 -> freeze(one, Duration.ofMillis((long) (5_000 * size)));
            case 3 -> blackHole(one);
            case 4 -> cut(one, Direction.REQUESTS);
            case 5 -> cut(one, Direction.ANSWERS);
            case 6 -> atOnce("reset", one, one.network()::reset);
            case 7 -> atOnce("half-close", one, one.network()::halfClose);
            case 8 -> refuse(one);
            case 9 -> delay(one, Duration.ofMillis((long) (800 * size)));
            case 10 -> answer(one, Fault.status(STATUSES.get((int) (STATUSES.size() * size))));
            case 11 -> answer(one, new Fault.LoseAnswer());
            case 12 -> answer(one, size < 0.5 ? new Fault.CloseInsteadOfAnswer() : new Fault.Swallow());
            case 13 -> answer(one, Fault.tooManyRequests(1));
            case 14 -> revoke();
            case 15 -> killApiServer();
            default -> layHandOnLease(HANDS.get((int) (HANDS.size() * size)));
        }
    }

    private void process(Replica one, Runnable end) {
        if (one.isAlive() && scene.bench().replicas().stream().allMatch(Replica::isAlive)) {
            end.run();
            ends.push(() -> {
                one.process().awaitExit(Duration.ofSeconds(15));
                one.start();
            });
        }
    }

    private static void freeze(Replica one, Duration still) {
        if (one.isAlive()) {
            one.freeze();
            Wait.pass(still);
            one.thaw();
        }
    }

    private void blackHole(Replica one) {
        scene.bench().history().mark("black hole " + one.name());
        one.network().blackHole();
        healLater(one);
    }

    private void cut(Replica one, Direction direction) {
        scene.bench().history().mark("cut " + direction + " " + one.name());
        one.network().blackHole(direction);
        healLater(one);
    }

    private static void atOnce(String what, Replica one, Runnable fault) {
        scene.bench().history().mark(what + " " + one.name());
        fault.run();
    }

    private void refuse(Replica one) {
        scene.bench().history().mark("refuse and reset " + one.name());
        one.network().refuse();
        one.network().reset();
        healLater(one);
    }

    private void delay(Replica one, Duration delay) {
        scene.bench().history().mark("delay " + delay.toMillis() + " ms " + one.name());
        one.network().delay(delay);
        healLater(one);
    }

    private void answer(Replica one, Fault fault) {
        scene.bench().history().mark(fault + " " + one.name());
        one.api().inject(ApiRequest::writesLeases, fault);
        healLater(one);
    }

    private void healLater(Replica one) {
        ends.push(() -> {
            scene.bench().history().mark("heal " + one.name());
            one.network().heal();
            one.api().heal();
        });
    }

    private void revoke() {
        if (!apiServerRuns) {
            return;
        }
        scene.bench().history().mark("revoke");
        scene.bench().replicas().forEach(r -> scene.bench().rbac().revoke(r.name()));
        ends.push(() -> {
            scene.bench().history().mark("grant");
            scene.bench().replicas().forEach(r -> scene.bench().rbac().grant(r.name()));
        });
    }

    private void killApiServer() {
        if (!apiServerRuns) {
            return;
        }
        scene.bench().history().mark("kill the API server");
        scene.server().kill();
        apiServerRuns = false;
        ends.push(() -> {
            scene.server().start();
            apiServerRuns = true;
            scene.bench().history().mark("the API server is back");
        });
    }

    /** Only while all know its holder: who does not may take a Lease that is not there, see docs/safety.md. */
    private void layHandOnLease(Hand hand) {
        if (!ends.isEmpty() || !scene.isSettled()) {
            return;
        }
        scene.bench().history().mark("Lease is " + hand);
        try {
            hand.lay(scene.lease());
        } catch (KubernetesClientException busy) {
            scene.bench().history().mark("it was not");
        }
        Wait.pass(UNTIL_NOTICED);
    }

    private void endAll() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }
}
