package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.SidecarProcess.Line;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopWatchTest {

    private static final String SAID = "2026-01-02T03:04:05.000Z WARN  Thread"
            + " Thread[#31,vert.x-eventloop-thread-0,5,main] has been blocked for 35 ms, time limit is 20 ms:"
            + " io.vertx.core.VertxException: Thread blocked";

    @Test
    void aTaskThatLooksANameUpWaits() {
        List<LoopWatch.Held> held = LoopWatch.since(
                List.of(
                        new Line(5, SAID),
                        new Line(6, "\tat java.base/java.net.Inet6AddressImpl.lookupAllHostAddr(Native Method)"),
                        new Line(7, "\tat java.base/java.net.InetAddress.getAllByName(InetAddress.java:1)"),
                        new Line(8, "2026-01-02T03:04:05.001Z ERROR of something else"),
                        new Line(9, "\tat java.base/java.lang.Thread.sleep(Native Method)")),
                0);

        assertThat(held).hasSize(1);
        assertThat(held.get(0).length()).isEqualTo(Duration.ofMillis(35));
        assertThat(held.get(0).stack()).hasSize(2);
        assertThat(held.get(0).waits()).isTrue();
    }

    @Test
    void aTaskThatCalculatesDoesNot() {
        List<LoopWatch.Held> held = LoopWatch.since(
                List.of(
                        new Line(5, SAID),
                        new Line(
                                6,
                                "\tat io.github.leaderelector.outlet.http.LeaderResource.leader(LeaderResource.java:1)"),
                        new Line(7, "\tat java.base/java.lang.Thread.sleep(Native Method)")),
                0);

        assertThat(held).hasSize(1);
        assertThat(held.get(0).waits()).isFalse();
    }

    @Test
    void whatWasSaidEarlierDoesNotCount() {
        assertThat(LoopWatch.since(List.of(new Line(5, SAID)), 5)).isEmpty();
    }
}
