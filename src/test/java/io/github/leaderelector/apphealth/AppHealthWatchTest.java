package io.github.leaderelector.apphealth;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.config.AppHealth.Fallback;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AppHealthWatchTest {

    private final List<CompletableFuture<Optional<String>>> questions = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final Ticker ticker = Ticker.system();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), Duration.ofSeconds(10), ticker);
    private final AppHealthWatch watch = watch(Fallback.NOBODY);

    @Test
    void standsBackBeforeTheFirstAnswerAndComesBackWithIt() {
        watch.begin();
        assertThat(told).containsExactly("UNHEALTHY: The application has not said yet that it is healthy.");

        answer(Optional.empty());

        assertThat(told).hasSize(2).last().isEqualTo("come back: UNHEALTHY");
    }

    @Test
    void saysWhatIsWrong() {
        watch.begin();

        answer(Optional.of("it answered 503"));

        assertThat(told).last().isEqualTo("UNHEALTHY: The application is not healthy: it answered 503.");
    }

    @Test
    void neverAsksASecondQuestionWhileOneIsOpen() {
        watch.begin();
        watch.poll();
        watch.poll();
        assertThat(questions).hasSize(1);

        answer(Optional.empty());
        watch.poll();

        assertThat(questions).hasSize(2);
    }

    @Test
    void aProbeThatFailsIsAnUnhealthyApplicationAndAskedAgain() {
        watch.begin();
        questions.get(0).completeExceptionally(new IllegalStateException("broken probe"));
        assertThat(told).last().isEqualTo("UNHEALTHY: The application is not healthy: broken probe.");

        watch.poll();

        assertThat(questions).hasSize(2);
    }

    @Test
    void eachChangeIsLoggedOnce() {
        try (CollectedLog log = new CollectedLog(AppHealthWatch.class)) {
            watch.begin();
            answer(Optional.of("it answered 503"));
            ask(Optional.of("it answered 503"));
            assertThat(log.lines())
                    .containsExactly("WARN LE-701 The application is not healthy: this replica is no candidate"
                            + " (it answered 503).");

            ask(Optional.empty());
            ask(Optional.empty());
            assertThat(log.lines())
                    .hasSize(2)
                    .last()
                    .isEqualTo("INFO LE-702 The application is healthy: this replica is a candidate.");

            ask(Optional.of("it answered 500"));
            assertThat(log.lines())
                    .hasSize(3)
                    .last()
                    .isEqualTo("WARN LE-701 The application is not healthy: this replica is no candidate"
                            + " (it answered 500).");
        }
    }

    @Test
    void whoLeadsForWantOfAHealthyReplicaIsLoggedOnce() {
        hub.observe(new LeaseSeen(
                new ObservedLease(null, 1, 5, null, ticker.nanoTime(), ticker.nanoTime()), Writer.OTHER, true));
        AppHealthWatch anyone = watch(Fallback.ANYONE);
        try (CollectedLog log = new CollectedLog(AppHealthWatch.class)) {
            anyone.begin();
            answer(Optional.of("it answered 503"));
            anyone.poll();
            answer(Optional.of("it answered 503"));

            assertThat(log.lines())
                    .containsExactly("WARN LE-703 Nobody leads, and no application is healthy: this replica is a"
                            + " candidate, too (it answered 503).");
        }
    }

    private AppHealthWatch watch(Fallback fallback) {
        return new AppHealthWatch(
                () -> {
                    questions.add(new CompletableFuture<>());
                    return questions.get(questions.size() - 1);
                },
                new HealthRule(3, fallback, Duration.ZERO),
                hub,
                new Recorded(),
                ticker);
    }

    private void ask(Optional<String> problem) {
        watch.poll();
        answer(problem);
    }

    private void answer(Optional<String> problem) {
        questions.get(questions.size() - 1).complete(problem);
    }

    private final class Recorded implements Candidacy {
        @Override
        public void resign(Reason reason) {
            told.add(reason.code() + ": " + reason.text());
        }

        @Override
        public void campaign(Reason.Code kind) {
            told.add("come back: " + kind);
        }

        @Override
        public boolean stepDown(Duration cooldown) {
            throw new AssertionError("not its business");
        }

        @Override
        public boolean drained() {
            throw new AssertionError("not its business");
        }
    }
}
