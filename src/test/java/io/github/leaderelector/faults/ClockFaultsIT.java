package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The replicas' clocks disagree, or jump. */
class ClockFaultsIT {

    private static final int LEADERS = Form.amount("faults.clock.leaders", 3, 2);
    private static final double HOUR = 3600;
    private static final Duration ONE_WRITE = Duration.ofMillis(150);

    @BeforeAll
    static void needsFaketime() {
        Programs.need("faketime");
    }

    /** How two clocks can disagree with the right one, and with each other. */
    private enum Clocks {
        AN_HOUR_APART("wall clocks an hour ahead and behind"),
        DRIFTING_APART("wall clocks that gain and lose 50 ms each second"),
        OF_DIFFERENT_SPEEDS("all clocks 5 % fast and slow");

        final String what;

        Clocks(String what) {
            this.what = what;
        }

        void give(Replica replica, int sign) {
            switch (this) {
                case AN_HOUR_APART -> Faketime.wallClock(replica, sign * HOUR);
                case DRIFTING_APART -> Faketime.wallClock(replica, 0);
                case OF_DIFFERENT_SPEEDS -> Faketime.speed(replica, 1 + sign * 0.05);
            }
        }

        /** Makes the clock of {@code replica} what it has to be {@code seconds} later. */
        void goOn(Replica replica, int sign, double seconds) {
            if (this == DRIFTING_APART) {
                Faketime.set(replica, sign * 0.05 * seconds);
            }
        }
    }

    static Stream<Arguments> clocks() {
        return Form.timings(Timings.SHORT).stream()
                .flatMap(timings -> Stream.of(Clocks.values()).map(clocks -> Arguments.of(clocks, timings)));
    }

    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("clocks")
    void wrongClocksNeitherTakeAHeldLeaseNorEndALead(Clocks clocks, Timings timings) {
        try (Scene scene = Scene.open(
                "clocks-" + clocks.name().toLowerCase(Locale.ROOT).replace('_', '-'), timings, Map.of(), Scene.THREE)) {
            Replica ahead = scene.bench().replica("sidecar-a");
            Replica behind = scene.bench().replica("sidecar-b");
            clocks.give(ahead, 1);
            clocks.give(behind, -1);
            scene.bench().startAll();
            Duration watched = timings.leaseDuration().multipliedBy(2);
            long began = System.nanoTime();
            for (Replica replica : scene.bench().replicas().subList(0, LEADERS)) {
                scene.settle();
                if (!scene.bench().files().present().contains(replica.name())) {
                    scene.giveLeadTo(replica);
                }
                scene.begin(replica.name() + " leads, " + clocks.what);
                long end = System.nanoTime() + watched.toNanos();
                while (System.nanoTime() - end < 0) {
                    double seconds = (System.nanoTime() - began) / 1e9;
                    clocks.goOn(ahead, 1, seconds);
                    clocks.goOn(behind, -1, seconds);
                    Wait.pass(Duration.ofMillis(100));
                }
                assertThat(scene.led()).containsExactly(replica.name());
                assertThat(scene.filesOfScenario()).hasSize(1);
                scene.assertClean(clocks.what);
            }
            scene.conclude(
                    clocks.what,
                    "each of %d led for %d s without a break and without a rival"
                            .formatted(LEADERS, watched.toSeconds()));
        }
    }

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("timings")
    void aJumpOfTheWallClockCostsTheLeadUntilTheNextWriteAtMost(Timings timings) {
        try (Scene scene = Scene.open("clock-jump", timings, Map.of(), Scene.THREE)) {
            scene.bench().replicas().forEach(r -> Faketime.wallClock(r, 0));
            scene.bench().startAll();
            List<String> measured = new ArrayList<>();
            for (double hours : new double[] {1, -1, 0}) {
                Replica leader = scene.begin("jump to %+.0f h".formatted(hours));
                scene.awaitRenewal(leader);
                Faketime.set(leader, hours * HOUR);
                scene.bench().history().mark("wall clock of " + leader.name() + " jumps");
                Wait.pass(timings.retryPeriod().multipliedBy(2).plusSeconds(1));
                assertThat(scene.led()).as(scene.bench().checker()::describe).containsExactly(leader.name());
                assertThat(scene.bench().files().present())
                        .as(scene.bench().checker()::describe)
                        .containsExactly(leader.name());
                Duration lost = longestBreak(scene);
                measured.add("to %+.0f h: %.0f ms".formatted(hours, Scene.millis(lost)));
                scene.assertClean("jump to %+.0f h".formatted(hours));
                assertThat(lost)
                        .as(scene.bench().checker()::describe)
                        .isLessThanOrEqualTo(
                                scene.allowing(timings.retryPeriod().plus(ONE_WRITE)));
            }
            scene.conclude("the leader's wall clock jumps", "no file, and no other leader, for " + measured);
        }
    }

    /** The task of each second must use the monotonic clock. */
    @Test
    void aWallClockThatIsSetBackDoesNotEndTheQuestionsToTheApplication() throws IOException {
        AtomicInteger health = new AtomicInteger(200);
        HttpServer application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        application.createContext("/", exchange -> {
            exchange.sendResponseHeaders(health.get(), -1);
            exchange.close();
        });
        application.start();
        String url = "http://127.0.0.1:" + application.getAddress().getPort() + "/ready";
        try (Scene scene = Scene.open("clock-health", Timings.SHORT, Map.of("APP_HEALTH_URL", url), Scene.THREE)) {
            scene.bench().replicas().forEach(r -> Faketime.wallClock(r, 0));
            scene.bench().startAll();
            scene.begin("wall clocks set back");
            scene.bench().replicas().forEach(r -> Faketime.set(r, -HOUR));
            Wait.pass(Duration.ofSeconds(2));

            health.set(503);
            Wait.until(
                    Duration.ofSeconds(8),
                    () -> "They lead on though no application is healthy.\n"
                            + scene.bench().checker().describe(),
                    () -> scene.bench().files().present().isEmpty());

            health.set(200);
            scene.bench().awaitLeader(Duration.ofSeconds(5));
            scene.conclude("wall clocks set back an hour, with APP_HEALTH_URL", "asked on: out and in with its health");
        } finally {
            application.stop(0);
        }
    }

    private static Duration longestBreak(Scene scene) {
        List<Span> files = scene.filesOfScenario()
                .sorted(Comparator.comparingLong(s -> s.from() - scene.from()))
                .toList();
        Duration longest = Duration.ZERO;
        for (int i = 1; i < files.size(); i++) {
            Duration next =
                    Duration.ofNanos(files.get(i).from() - files.get(i - 1).to());
            longest = next.compareTo(longest) > 0 ? next : longest;
        }
        return longest;
    }
}
