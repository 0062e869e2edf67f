package io.github.leaderelector.outlet.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HooksTest {

    private static final Duration RENEW_DEADLINE = Duration.ofHours(1);
    private static final String LEADING = "http://localhost:8080/leading?key=secret";
    private static final String FOLLOWING = "http://localhost:8080/following";

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final CollectedLog log = new CollectedLog(Hooks.class);
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final ObjectMapper json = new ObjectMapper();
    private final List<Post> posts = new ArrayList<>();
    private Hooks hooks = hooks(Map.of("ON_LEADING_URL", LEADING, "ON_FOLLOWING_URL", FOLLOWING));
    private long version = 100;

    private record Post(String url, String body, CompletableFuture<Integer> answer) {}

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void nothingIsPostedBeforeTheLeaseWasSeen() {
        tell();

        assertThat(posts).isEmpty();
    }

    @Test
    void theFirstStateIsPostedBecauseTheApplicationMayHaveOutlivedAnEarlierSidecar() {
        follow();
        tell();

        assertThat(urls()).containsExactly(FOLLOWING);
    }

    @Test
    void eachChangeIsPostedOnceAsTheAnswerOfGetLeader() throws IOException {
        lead();
        ticker.advance(Duration.ofSeconds(3));
        tell();
        last().complete(204);
        renewAndTell();

        assertThat(urls()).containsExactly(LEADING);
        assertThat(posts.get(0).body())
                .isEqualTo(json.writeValueAsString(LeaderAnswer.of(
                        hubWhenTold, new io.github.leaderelector.leadership.Moment(nanosWhenTold, wallWhenTold))));
        JsonNode body = json.readTree(posts.get(0).body());
        assertThat(body.path("leader").asBoolean()).isTrue();
        assertThat(body.path("fencingToken").asLong()).isEqualTo(101);

        resign();
        tell();
        assertThat(urls()).containsExactly(LEADING, FOLLOWING);
        assertThat(json.readTree(posts.get(1).body()).path("leader").asBoolean())
                .isFalse();
    }

    @Test
    void anotherTenureWithoutAPauseIsNews() {
        lead();
        tell();
        last().complete(200);
        resign();
        hub.observe(new io.github.leaderelector.leadership.Observation.CampaignAllowed());
        lead();
        tell();

        assertThat(urls()).containsExactly(LEADING, LEADING);
    }

    @ParameterizedTest
    @ValueSource(ints = {199, 301, 302, 404, 500})
    void whatIsNotAnswered2xxIsPostedAgainAfterAPause(int status) {
        lead();
        tell();
        last().complete(status);
        tell();
        assertThat(posts).hasSize(1);

        ticker.advance(Duration.ofSeconds(1));
        tell();

        assertThat(urls()).containsExactly(LEADING, LEADING);
        assertThat(failures()).isOne();
    }

    @Test
    void pausesGrowToHalfAMinuteAndTheTroubleIsSaidAfterOneAndTwoMinutesWithoutTheQuery() {
        lead();
        for (int second = 0; second < 300; second++) {
            tell();
            last().completeExceptionally(new ConnectException("Connection refused"));
            ticker.advance(Duration.ofSeconds(1));
        }
        assertThat(posts.size()).isBetween(13, 30);
        assertThat(log.lines())
                .hasSize(3)
                .containsOnly(
                        "WARN LE-601 The hook 'http://localhost:8080/leading' was not told: Connection refused. Tried"
                                + " again until it answers 2xx or the state changes.");

        ticker.advance(Duration.ofSeconds(30));
        tell();
        last().complete(200);

        assertThat(log.lines())
                .hasSize(4)
                .last()
                .isEqualTo("INFO LE-602 The hook 'http://localhost:8080/leading' was told.");
    }

    @Test
    void onlyOnePostIsUnderWay() {
        lead();
        tell();
        ticker.advance(Duration.ofSeconds(4));
        tell();

        assertThat(posts).hasSize(1);
    }

    @Test
    void aLaterStateCutsOffAndOvertakesTheOneBefore() {
        lead();
        tell();
        CompletableFuture<Integer> hanging = last();
        resign();
        tell();

        assertThat(hanging).isCancelled();
        assertThat(urls()).containsExactly(LEADING, FOLLOWING);
        assertThat(failures()).isZero();
    }

    @Test
    void aStateWithoutAHookOvertakesToo() {
        hooks = hooks(Map.of("ON_LEADING_URL", LEADING));
        lead();
        tell();
        last().complete(500);
        resign();
        ticker.advance(Duration.ofMinutes(1));
        tell();

        assertThat(urls()).containsExactly(LEADING);
    }

    @Test
    void theBodySaysWhatTheUrlSays() throws IOException {
        lead();
        tell();
        last().complete(500);
        ticker.advance(RENEW_DEADLINE);
        tell();

        assertThat(urls()).containsExactly(LEADING, FOLLOWING);
        assertThat(json.readTree(posts.get(1).body()).path("leader").asBoolean())
                .isFalse();
    }

    @Test
    void isQuietAfterAnyAnswerToTheLastPost() {
        assertThat(hooks.quiet()).isDone();
        lead();
        tell();
        CompletableFuture<Void> quiet = hooks.quiet();
        assertThat(quiet).isNotDone();

        last().complete(500);

        assertThat(quiet).isCompleted();
    }

    private io.github.leaderelector.leadership.Leadership hubWhenTold;
    private long nanosWhenTold;
    private java.time.Instant wallWhenTold;

    private Hooks hooks(Map<String, String> settings) {
        return new Hooks(
                SettingsFixture.settings(new HashMap<>(settings)),
                (url, body) -> {
                    Post post = new Post(url.toString(), body, new CompletableFuture<>());
                    posts.add(post);
                    return post.answer();
                },
                json,
                ticker,
                meters);
    }

    private void tell() {
        hubWhenTold = hub.current();
        nanosWhenTold = ticker.nanoTime();
        wallWhenTold = ticker.wallTime();
        hooks.onLeadership(hubWhenTold);
    }

    private void renewAndTell() {
        var before = hubWhenTold;
        long nanos = nanosWhenTold;
        var wall = wallWhenTold;
        ticker.advance(Duration.ofSeconds(2));
        acknowledge();
        tell();
        hubWhenTold = before;
        nanosWhenTold = nanos;
        wallWhenTold = wall;
    }

    private List<String> urls() {
        return posts.stream().map(Post::url).toList();
    }

    private CompletableFuture<Integer> last() {
        return posts.get(posts.size() - 1).answer();
    }

    private double failures() {
        return meters.get("leader_elector_hook_failures").counter().count();
    }

    private void lead() {
        version++;
        acknowledge();
    }

    private void acknowledge() {
        hub.observe(new WriteAcknowledged(lease("pod-a"), ticker.now()));
    }

    private void follow() {
        hub.observe(new LeaseSeen(lease("pod-b"), Writer.OTHER, true));
    }

    private void resign() {
        hub.observe(new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "Stopping.")));
    }

    private ObservedLease lease(String holder) {
        return new ObservedLease(
                holder,
                1,
                version,
                ticker.wallTime(),
                ticker.nanoTime(),
                ticker.nanoTime() + Duration.ofSeconds(15).toNanos());
    }
}
