package io.github.leaderelector.outlet.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeadershipLogTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final CollectedLog collected = new CollectedLog(LeadershipLog.class);
    private final LeadershipLog log = new LeadershipLog(hub);
    private long version = 10_540;

    @AfterEach
    void stopCollecting() {
        collected.close();
    }

    @Test
    void logsANewLeaderWithTermTokenAndGap() {
        hub.observe(new LeaseSeen(lease(null, 6), Writer.OTHER, true));
        ticker.advance(Duration.ofMillis(8));
        hub.observe(new WriteAcknowledged(lease("pod-a", 7), ticker.now()));
        tell();

        assertThat(collected.lines())
                .containsExactly(
                        "INFO LE-101 pod-a leads: took Lease prod/app-lock (term 7, token 10542), 8 ms without a"
                                + " leader.");
    }

    @Test
    void aLeadTakenWithoutAGapSaysNothingOfOne() {
        hub.observe(new WriteAcknowledged(lease("pod-a", 0), ticker.now()));
        tell();

        assertThat(collected.lines())
                .containsExactly("INFO LE-101 pod-a leads: took Lease prod/app-lock (term 0, token 10541).");
    }

    @Test
    void saysWhyTheLeadWasLost() {
        hub.observe(new WriteAcknowledged(lease("pod-a", 7), ticker.now()));
        tell();
        collected.lines().clear();
        ticker.advance(RENEW_DEADLINE);
        tell();

        assertThat(collected.lines())
                .containsExactly(
                        "INFO LE-102 pod-a no longer leads: The API server did not acknowledge a renewal within 10000"
                                + " ms.");
    }

    @Test
    void logsAnotherHolder() {
        hub.observe(new LeaseSeen(lease("pod-b", 8), Writer.OTHER, true));
        tell();

        assertThat(collected.lines()).containsExactly("INFO LE-103 pod-b holds Lease prod/app-lock (term 8).");
    }

    @Test
    void saysThatTheLeaseBearsOurNameWithoutOurLeading() {
        hub.observe(new LeaseSeen(lease("pod-a", 8), Writer.FORMER_SELF, true));
        tell();

        assertThat(collected.lines())
                .containsExactly(
                        "INFO LE-104 pod-a does not lead, though Lease prod/app-lock bears its name: This replica"
                                + " before a restart, or another under its identity 'pod-a', holds the Lease.");
    }

    @Test
    void anotherProcessUnderOurIdentityIsAnErrorSaidOnce() {
        hub.observe(new LeaseSeen(lease("pod-a", 8), Writer.FORMER_SELF, true));
        tell();
        hub.observe(new LeaseSeen(lease("pod-a", 9), Writer.NAMESAKE, true));
        hub.observe(new LeaseSeen(lease("pod-a", 10), Writer.NAMESAKE, true));
        tell();

        assertThat(collected.lines())
                .last()
                .isEqualTo(
                        "ERROR LE-105 pod-a does not lead: Another process writes the Lease under our identity 'pod-a';"
                                + " each replica needs an IDENTITY of its own.");
        assertThat(collected.lines()).hasSize(2);
    }

    @Test
    void aFreeLeaseIsLoggedAtDebugLevel() {
        hub.observe(new LeaseSeen(lease("pod-b", 8), Writer.OTHER, true));
        hub.observe(new LeaseSeen(lease(null, 8), Writer.OTHER, true));
        tell();

        assertThat(collected.lines())
                .containsExactly(
                        "INFO LE-103 pod-b holds Lease prod/app-lock (term 8).",
                        "DEBUG LE-107 Nobody holds Lease prod/app-lock.");
    }

    @Test
    void eachChangeIsLoggedOnceHoweverOftenItIsTold() {
        hub.observe(new LeaseSeen(lease("pod-b", 8), Writer.OTHER, true));
        tell();
        tell();
        hub.observe(new Observation.ApiFailed("500"));
        tell();

        assertThat(collected.lines()).hasSize(1);
    }

    @Test
    void changesThatWereForgottenBeforeTheyCouldBeLoggedAreCounted() {
        for (int i = 0; i < 53; i++) {
            hub.observe(new LeaseSeen(lease("pod-" + i, i), Writer.OTHER, true));
        }
        tell();

        assertThat(collected.lines()).hasSize(51);
        assertThat(collected.lines().get(0))
                .isEqualTo("WARN LE-106 3 changes of leadership came too fast to be logged.");
        assertThat(collected.lines().get(1)).isEqualTo("INFO LE-103 pod-3 holds Lease prod/app-lock (term 3).");
    }

    private void tell() {
        log.onLeadership(hub.current());
    }

    private ObservedLease lease(String holder, int term) {
        version++;
        return new ObservedLease(
                holder,
                term,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
