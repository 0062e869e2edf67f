package io.github.leaderelector.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Moment;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.ObservedLease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaderAnswerTest {

    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");

    private final ManualTicker ticker = new ManualTicker();
    private final ObjectMapper mapper = new ObjectMapper();

    @Test
    void whatWasNeverSeenIsNull() throws JsonProcessingException {
        Leadership unknown = Leadership.unknown("pod-a", LEASE, ticker.now());

        assertThat(mapper.writeValueAsString(LeaderAnswer.of(unknown, ticker.now())))
                .isEqualTo("{\"leader\":false,\"identity\":\"pod-a\",\"holder\":null,\"term\":0,"
                        + "\"fencingToken\":null,\"since\":\"2026-01-02T03:04:05Z\",\"validForMillis\":0,"
                        + "\"observedMillisAgo\":null,"
                        + "\"reason\":\"The state of the Lease has not been seen yet.\","
                        + "\"lease\":{\"namespace\":\"prod\",\"name\":\"app-lock\"}}");
        assertThat(mapper.writeValueAsString(HolderAnswer.of(unknown, ticker.now())))
                .isEqualTo("{\"name\":\"\",\"last_update\":\"2026-01-02T03:04:05Z\"}");
    }

    @Test
    void aReplicaNamesItselfAsHolderOnlyWhileItLeads() {
        LeadershipHub hub = new LeadershipHub("pod-a", LEASE, Duration.ofSeconds(10), ticker);
        Moment sent = ticker.now();
        hub.observe(new WriteAcknowledged(
                new ObservedLease("pod-a", 7, 42, sent.wall(), sent.nanos(), sent.nanos()), sent));
        Leadership leading = hub.current();
        assertThat(HolderAnswer.of(leading, ticker.now()).name()).isEqualTo("pod-a");

        ticker.advance(Duration.ofSeconds(10));

        assertThat(HolderAnswer.of(leading, ticker.now()).name()).isEmpty();
        assertThat(hub.current().holder()).isEqualTo("pod-a");
        assertThat(HolderAnswer.of(hub.current(), ticker.now()).name()).isEmpty();
    }

    @Test
    void everythingIsComputedFromTheOneMomentOfAnswering() {
        LeadershipHub hub = new LeadershipHub("pod-a", LEASE, Duration.ofSeconds(10), ticker);
        Moment sent = ticker.now();
        hub.observe(new WriteAcknowledged(
                new ObservedLease("pod-a", 7, 42, sent.wall(), sent.nanos(), sent.nanos()), sent));
        Leadership leading = hub.current();
        ticker.advance(Duration.ofMillis(9_999));

        LeaderAnswer last = LeaderAnswer.of(leading, ticker.now());
        assertThat(last.leader()).isTrue();
        assertThat(last.fencingToken()).isEqualTo(42L);
        assertThat(last.validForMillis()).isEqualTo(1);
        assertThat(last.observedMillisAgo()).isEqualTo(9_999L);

        ticker.advance(Duration.ofMillis(1));
        LeaderAnswer over = LeaderAnswer.of(leading, ticker.now());
        assertThat(over.leader()).isFalse();
        assertThat(over.fencingToken()).isNull();
        assertThat(over.validForMillis()).isZero();
    }
}
