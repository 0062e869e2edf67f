package io.github.leaderelector.apphealth;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.config.AppHealth.Fallback;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
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
    private final AppHealthWatch watch = new AppHealthWatch(
            () -> {
                questions.add(new CompletableFuture<>());
                return questions.get(questions.size() - 1);
            },
            new HealthRule(3, Fallback.NOBODY, Duration.ofSeconds(15)),
            hub,
            new Recorded(),
            ticker);

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
