package io.github.leaderelector.election;

import static io.github.leaderelector.election.ElectionParts.OTHER;
import static io.github.leaderelector.election.ElectionParts.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SilentHolderCheckTest {

    private static final Duration LEASE = TIMINGS.leaseDuration();
    private static final Duration UNUSUAL =
            TIMINGS.retryPeriod().multipliedBy(3).dividedBy(2);
    private static final Duration FOR_EVER = Duration.ofSeconds(Integer.MAX_VALUE);

    private final ElectionParts parts = new ElectionParts();
    private final SilentHolderCheck check =
            new SilentHolderCheck(parts.settings, parts.view, parts.reader, parts.thread, parts.machine);

    @BeforeEach
    void watch() {
        parts.view.subscribe(check::evaluate);
        parts.view.setCurrent(true);
    }

    private List<String> reportsDuring(Runnable what) {
        try (CollectedLog log = new CollectedLog(SilentHolderCheck.class)) {
            what.run();
            return log.lines();
        }
    }

    @Test
    void asksOnceWhenAHolderIsSilentForLongerThanUsual() {
        parts.given(parts.heldBy(OTHER, LEASE));

        parts.run(UNUSUAL.minusNanos(1));
        assertThat(parts.calls("get")).isOne();
        parts.run(Duration.ofNanos(1));
        assertThat(parts.calls("get")).isEqualTo(2);
        parts.run(LEASE.multipliedBy(3));

        assertThat(parts.calls("get")).isEqualTo(2);
    }

    @Test
    void doesNotAskWhileTheWatchIsNotTrusted() {
        parts.given(parts.heldBy(OTHER, LEASE));
        parts.view.setCurrent(false);

        parts.run(LEASE.multipliedBy(3));

        assertThat(parts.calls("get")).isOne();
    }

    @Test
    void saysNothingOfAHolderThatIsGoneSoon() {
        assertThat(reportsDuring(() -> {
                    parts.given(parts.heldBy(OTHER, LEASE.multipliedBy(4)));
                    parts.run(LEASE.multipliedBy(10));
                }))
                .isEmpty();
    }

    /** D7: nobody could lead for 68 years, and nothing said so. */
    @Test
    void reportsEachHolderOnceThatIsSilentWhileItsLeaseIsValidForLong() {
        assertThat(reportsDuring(() -> {
                    parts.given(parts.heldBy(OTHER, FOR_EVER));
                    parts.run(LEASE.minusNanos(1));
                }))
                .isEmpty();
        assertThat(reportsDuring(() -> parts.run(LEASE.multipliedBy(20))))
                .singleElement()
                .asString()
                .startsWith("WARN LE-216 Lease prod/app-lock is held by 'pod-b' until 2094-")
                .endsWith("kubectl delete lease -n prod app-lock");
        assertThat(reportsDuring(() -> {
                    parts.given(parts.heldBy("pod-c", FOR_EVER));
                    parts.run(LEASE.multipliedBy(20));
                }))
                .singleElement()
                .asString()
                .contains("'pod-c'");
    }
}
