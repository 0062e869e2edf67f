package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.kubernetes.ApiException;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CountedLeaseApiTest {

    private static final LeaseRef REF = new LeaseRef("prod", "app-lock");

    private final ManualTicker ticker = new ManualTicker();
    private final FakeLeaseApi api = new FakeLeaseApi();
    private final List<String> heard = new ArrayList<>();
    private boolean leads;

    private final LeaseApi counted = new CountedLeaseApi(api, () -> leads, ticker, new ElectionListener() {
        @Override
        public void answered(String verb, int status) {
            heard.add(verb + " " + status);
        }

        @Override
        public void renewed(Duration took, boolean acknowledged) {
            heard.add("renewed " + acknowledged);
        }

        @Override
        public void watchReopened() {
            heard.add("watch reopened");
        }
    });

    @Test
    void eachRequestIsCountedByVerbAndStatus() {
        counted.get().join();
        LeaseDocument lease = counted.create(held(LeaseDocument.initial(REF))).join();
        counted.get().join();
        counted.replace(held(lease)).join();

        assertThat(heard).containsExactly("get 404", "create 201", "get 200", "update 200");
    }

    @Test
    void aRefusalIsCountedByItsStatusAndNoAnswerByNone() {
        LeaseDocument lease = counted.create(held(LeaseDocument.initial(REF))).join();
        counted.replace(held(lease)).join();
        heard.clear();

        assertThat(counted.replace(held(lease))).isCompletedExceptionally();
        api.failure = new ApiException(ApiException.NO_ANSWER, "no answer", null);
        assertThat(counted.get()).isCompletedExceptionally();

        assertThat(heard).containsExactly("update 409", "get 0");
    }

    @Test
    void aWriteOfALeaderIsARenewal() {
        LeaseDocument lease = counted.create(held(LeaseDocument.initial(REF))).join();
        leads = true;
        counted.replace(held(lease)).join();
        api.failure = new ApiException(503, "unavailable", null);
        assertThat(counted.replace(held(lease))).isCompletedExceptionally();

        assertThat(heard).containsExactly("create 201", "update 200", "renewed true", "update 503", "renewed false");
    }

    @Test
    void everyWatchButTheFirstIsARestart() {
        counted.watch(null).join();
        assertThat(heard).containsExactly("watch 200");

        api.watchFailure = new ApiException(403, "forbidden", null);
        assertThat(counted.watch(null)).isCompletedExceptionally();

        assertThat(heard).containsExactly("watch 200", "watch reopened", "watch 403");
    }

    @Test
    void aListenerThatThrowsDoesNotDisturbTheElection() {
        LeaseApi disturbed = new CountedLeaseApi(api, () -> true, ticker, new ElectionListener() {
            @Override
            public void answered(String verb, int status) {
                throw new IllegalStateException("full");
            }

            @Override
            public void renewed(Duration took, boolean acknowledged) {
                throw new IllegalStateException("full");
            }

            @Override
            public void watchReopened() {
                throw new IllegalStateException("full");
            }
        });

        LeaseDocument lease = disturbed.create(held(LeaseDocument.initial(REF))).join();

        assertThat(disturbed.replace(held(lease))).isCompleted();
        assertThat(disturbed.get()).isCompleted();
        assertThat(disturbed.watch(null)).isCompleted();
        assertThat(disturbed.watch(null)).isCompleted();
    }

    private static LeaseDocument held(LeaseDocument lease) {
        Instant noon = Instant.parse("2026-01-01T12:00:00Z");
        return lease.heldBy("pod-a", Duration.ofSeconds(15), noon, noon, 0);
    }
}
