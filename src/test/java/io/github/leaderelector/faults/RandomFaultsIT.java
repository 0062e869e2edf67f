package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.github.leaderelector.testkit.ApiRequest;
import io.github.leaderelector.testkit.Bench;
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
 * Faults of all kinds, mixed at random, for {@code -Dfaults.duration} seconds; {@code -Dfaults.seed} draws the same
 * faults again, though not the same moments. A failure tells its seed and its history.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class RandomFaultsIT {

    private static final Duration DURATION = Duration.ofSeconds(Form.amount("faults.duration", 300, 30));
    private static final long SEED = Long.getLong("faults.seed", System.nanoTime());

    private static Scene scene;

    private final Random random = new Random(SEED);
    private final Deque<Runnable> ends = new ArrayDeque<>();

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
    void whateverHappensThereAreNeverTwoAndOneIsBackWhenItIsOver() {
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

    private void fault() {
        List<Replica> replicas = scene.bench().replicas();
        Replica one = replicas.get(random.nextInt(replicas.size()));
        List<String> leaders = scene.bench().files().present();
        // Most faults that matter are the leader's.
        if (!leaders.isEmpty() && random.nextBoolean()) {
            one = scene.bench().replica(leaders.get(0));
        }
        switch (random.nextInt(12)) {
            case 0 -> process(one, one::terminate);
            case 1 -> process(one, one::kill);
            case 2 -> freeze(one);
            case 3 -> blackHole(one);
            case 4 -> cut(one, Direction.REQUESTS);
            case 5 -> cut(one, Direction.ANSWERS);
            case 6 -> reset(one);
            case 7 -> delay(one, Duration.ofMillis(random.nextInt(800)));
            case 8 -> answer(one, Fault.status(List.of(403, 404, 409, 500, 503).get(random.nextInt(5))));
            case 9 -> answer(one, random.nextBoolean() ? new Fault.LoseAnswer() : new Fault.CloseInsteadOfAnswer());
            case 10 -> answer(one, Fault.tooManyRequests(1));
            default -> deleteLease();
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

    private void freeze(Replica one) {
        if (one.isAlive()) {
            one.freeze();
            Wait.pass(Duration.ofMillis(random.nextInt(5_000)));
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

    private void reset(Replica one) {
        scene.bench().history().mark("reset " + one.name());
        one.network().reset();
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

    /** Only while all know its holder: who does not may take a Lease that is not there, see docs/safety.md. */
    private void deleteLease() {
        if (!ends.isEmpty() || !scene.isSettled()) {
            return;
        }
        scene.bench().history().mark("delete the Lease");
        try {
            scene.bench()
                    .admin()
                    .leases()
                    .inNamespace(scene.bench().namespace())
                    .withName(Bench.LEASE)
                    .delete();
        } catch (KubernetesClientException busy) {
            scene.bench().history().mark("the Lease was not deleted");
        }
    }

    private void endAll() {
        while (!ends.isEmpty()) {
            ends.pop().run();
        }
    }
}
