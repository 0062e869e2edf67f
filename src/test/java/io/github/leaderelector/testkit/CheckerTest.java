package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.testkit.Checker.Gap;
import io.github.leaderelector.testkit.Checker.Overlap;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CheckerTest {

    private final History history = new History();
    private final long start = System.nanoTime();

    private long at(long millis) {
        return start + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private Span span(String replica, long fromMillis, long toMillis, long token) {
        return new Span(replica, at(fromMillis), at(fromMillis), at(toMillis), at(toMillis), token);
    }

    private Checker files(Span... files) {
        return new Checker(history, Duration.ofSeconds(10), List.of(files), List.of(), List.of());
    }

    private Checker claims(Span... claims) {
        return new Checker(history, Duration.ofSeconds(10), List.of(), List.of(claims), List.of());
    }

    @Test
    void consecutiveLeadersAreNoOverlap() {
        Checker.Report report = files(span("a", 0, 100, 0), span("b", 130, 200, 0), span("a", 210, 300, 0))
                .assertClean("");
        assertThat(report.gaps())
                .extracting(Gap::from, Gap::to, Gap::length)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("a", "b", Duration.ofMillis(30)),
                        org.assertj.core.groups.Tuple.tuple("b", "a", Duration.ofMillis(10)));
    }

    @Test
    void twoFilesAtOneInstantAreAnOverlap() {
        Checker checker = files(span("a", 0, 100, 0), span("b", 90, 200, 0));
        assertThat(checker.report().overlaps())
                .containsExactly(new Overlap("file", "a", "b", at(90), Duration.ofMillis(10)));
        assertThatThrownBy(() -> checker.assertClean("seed 42"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("seed 42")
                .hasMessageContaining("TWO   a and b by file for 10.0 ms");
    }

    @Test
    void aFileWithinAnotherIsAnOverlapEvenIfAThirdOneLiesBetween() {
        assertThat(files(span("a", 0, 100, 0), span("a", 10, 20, 0), span("b", 50, 60, 0))
                        .report()
                        .overlaps())
                .hasSize(1);
    }

    @Test
    void whatTheWatchCannotTellIsNoOverlap() {
        // Seen at 100 for the last time, gone at 101; the other was not there at 99, and is at 100.5.
        Span a = new Span("a", at(0), at(0), at(100), at(101), 0);
        Span b = new Span("b", at(99), start + 100_500_000L, at(200), at(200), 0);
        assertThat(files(a, b).report().clean()).isTrue();
    }

    @Test
    void aFileBesideTheClaimOfAnotherOverHttpIsAnOverlap() {
        Span file = span("a", 0, 100, 0);
        Span own = span("a", 0, 120, 5);
        Span other = span("b", 90, 200, 6);
        Checker checker = new Checker(
                history, Duration.ofSeconds(10), List.of(file), List.of(own.until(at(80), at(85)), other), List.of());
        assertThat(checker.report().overlaps())
                .containsExactly(new Overlap("file and HTTP", "a", "b", at(90), Duration.ofMillis(10)));
    }

    @Test
    void claimsOverHttpCountFromTheRequestToTheAnswer() {
        Span a = new Span("a", at(0), at(3), at(97), at(100), 5);
        Span b = new Span("b", at(98), at(101), at(150), at(153), 6);
        assertThat(claims(a, b).report().overlaps())
                .containsExactly(new Overlap("HTTP", "a", "b", at(98), Duration.ofMillis(2)));
    }

    @Test
    void notificationsInTheWrongOrderAreAnOverlapHoweverShort() {
        Checker checker = new Checker(
                history,
                Duration.ofSeconds(10),
                List.of(),
                List.of(),
                List.of(new FileOrder.Together(at(5), Set.of("a", "b"))));
        assertThat(checker.report().overlaps())
                .containsExactly(new Overlap("file order", "a", "b", at(5), Duration.ZERO));
    }

    @Test
    void theGapNamesItsCause() {
        history.mark("SIGTERM a");
        long now = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        Checker checker = files(span("a", 0, now + 10, 0), span("b", now + 50, now + 90, 0));
        assertThat(checker.report().spread("SIGTERM").median()).isEqualTo(Duration.ofMillis(40));
        assertThat(checker.report().gaps("SIGKILL")).isEmpty();
    }

    @Test
    void theFileOfADeadProcessDoesNotCount() {
        history.died("a", at(100), at(180));
        Checker.Report report =
                files(span("a", 0, 180, 0), span("b", 150, 200, 0)).report();
        assertThat(report.clean()).isTrue();
        assertThat(report.gaps()).extracting(Gap::length).containsExactly(Duration.ofMillis(50));
    }

    @Test
    void theFileOfAFrozenProcessDoesNotCountUntilItHadTimeToRemoveIt() {
        history.frozen("a", at(1_000), at(21_000));
        assertThat(files(span("a", 0, 21_019, 0), span("b", 16_000, 30_000, 0))
                        .report()
                        .clean())
                .isTrue();
    }

    @Test
    void theFileThatOutlivesAThawIsBothAViolationAndAnOverlap() {
        history.frozen("a", at(1_000), at(21_000));
        Checker.Report report =
                files(span("a", 0, 21_030, 0), span("b", 16_000, 30_000, 0)).report();
        assertThat(report.overlaps()).hasSize(1);
        assertThat(report.violations())
                .singleElement()
                .asString()
                .startsWith("the file of a was still there 30.0 ms after it was thawed");
    }

    @Test
    void aClaimOverHttpAfterAThawIsAViolation() {
        history.frozen("a", at(1_000), at(21_000));
        assertThat(claims(span("a", 0, 21_001, 5)).report().violations())
                .singleElement()
                .asString()
                .startsWith("a said over HTTP that it leads, 1.0 ms after it was thawed");
    }

    @Test
    void aShortFreezeEndsNoClaim() {
        history.frozen("a", at(1_000), at(2_000));
        assertThat(claims(span("a", 0, 5_000, 5)).report().clean()).isTrue();
        assertThat(files(span("a", 0, 5_000, 0)).report().clean()).isTrue();
    }

    @Test
    void fencingTokensMustGrow() {
        assertThat(claims(span("a", 0, 10, 5), span("b", 20, 30, 6)).report().clean())
                .isTrue();
        assertThat(claims(span("a", 0, 10, 6), span("b", 20, 30, 6)).report().violations())
                .hasSize(1);
        assertThat(claims(span("a", 0, 10, 6), span("b", 20, 30, 5)).report().violations())
                .hasSize(1);
        assertThat(claims(span("a", 0, 10, 0)).report().violations()).hasSize(1);
    }

    @Test
    void aRestartedReplicaNeedsALargerToken() {
        Checker restarted = claims(span("a", 0, 10, 5), span("a", 30, 40, 5));
        assertThat(restarted.report().clean()).isTrue();
        history.died("a", at(15), at(16));
        assertThat(restarted.report().violations()).hasSize(1);
    }
}
