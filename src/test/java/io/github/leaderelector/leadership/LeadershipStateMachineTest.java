package io.github.leaderelector.leadership;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.leadership.Observation.ApiFailed;
import io.github.leaderelector.leadership.Observation.CampaignAllowed;
import io.github.leaderelector.leadership.Observation.HistoryBegunAnew;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.TimePassed;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every state times every observation.
 *
 * <p>Every state below but {@link Given#NOTHING_SEEN} has seen version 100 of the Lease; the last write of a leader was
 * sent {@link #SINCE_SENT} ago.
 */
class LeadershipStateMachineTest {

    private static final String US = "pod-a";
    private static final String THEM = "pod-b";
    private static final LeaseRef LEASE = new LeaseRef("prod", "app-lock");
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final Duration SINCE_SENT = Duration.ofSeconds(4);
    private static final long SEEN = 100;
    private static final long TOKEN = 90;

    private static final Moment NOW =
            new Moment(Duration.ofHours(1).toNanos(), ManualTicker.START.plus(Duration.ofHours(1)));
    private static final Moment EARLIER = before(NOW, Duration.ofMinutes(1));

    private final LeadershipStateMachine machine = new LeadershipStateMachine(RENEW_DEADLINE);

    enum Given {
        NOTHING_SEEN,
        FOLLOWING_NOBODY,
        FOLLOWING_ANOTHER,
        FOLLOWING_OWN_NAME,
        LEADING,
        LEADING_OVERDUE,
        LEADING_SUSPENDED,
        RESIGNED;

        Leadership state() {
            return switch (this) {
                case NOTHING_SEEN -> Leadership.unknown(US, LEASE, EARLIER);
                case FOLLOWING_NOBODY -> following(null, new Reason(Reason.Code.VACANT, "Nobody holds the Lease."));
                case FOLLOWING_ANOTHER ->
                    following(THEM, new Reason(Reason.Code.HELD_BY_OTHER, "'pod-b' holds the Lease."));
                case FOLLOWING_OWN_NAME ->
                    following(US, new Reason(Reason.Code.RENEW_DEADLINE, "Not renewed in time."));
                case LEADING -> leading(before(NOW, SINCE_SENT));
                case LEADING_OVERDUE -> leading(before(NOW, RENEW_DEADLINE));
                case LEADING_SUSPENDED ->
                    leading(new Moment(
                            NOW.nanos() - SINCE_SENT.toNanos(), NOW.wall().minus(RENEW_DEADLINE)));
                case RESIGNED ->
                    new Leadership(
                            US,
                            LEASE,
                            Phase.RESIGNED,
                            null,
                            lease(US, SEEN),
                            EARLIER,
                            new Reason(Reason.Code.STEP_DOWN, "Asked to step down."),
                            null);
            };
        }
    }

    enum When {
        OUR_WRITE_SEEN,
        OUR_WRITE_SEEN_AGAIN,
        NAMESAKE_SEEN,
        FORMER_SELF_SEEN,
        ANOTHER_SEEN,
        VACANCY_SEEN,
        ABSENCE_SEEN,
        OLDER_VERSION_SEEN,
        WRITE_ACKNOWLEDGED,
        WRITE_ACKNOWLEDGED_TOO_LATE,
        OLDER_WRITE_ACKNOWLEDGED,
        API_FAILED,
        RESIGN_REQUESTED,
        CAMPAIGN_ALLOWED,
        HISTORY_BEGUN_ANEW,
        TIME_PASSED;

        Observation observation() {
            return switch (this) {
                case OUR_WRITE_SEEN -> new LeaseSeen(lease(US, 101), Writer.US, true);
                case OUR_WRITE_SEEN_AGAIN -> new LeaseSeen(lease(US, SEEN), Writer.US, true);
                case FORMER_SELF_SEEN -> new LeaseSeen(lease(US, 101), Writer.FORMER_SELF, true);
                case NAMESAKE_SEEN -> new LeaseSeen(lease(US, 101), Writer.NAMESAKE, true);
                case ANOTHER_SEEN -> new LeaseSeen(lease(THEM, 101), Writer.OTHER, true);
                case VACANCY_SEEN -> new LeaseSeen(lease(null, 101), Writer.OTHER, true);
                case ABSENCE_SEEN -> new LeaseSeen(lease(null, 101), Writer.OTHER, false);
                case OLDER_VERSION_SEEN -> new LeaseSeen(lease(THEM, 99), Writer.OTHER, true);
                case WRITE_ACKNOWLEDGED -> new WriteAcknowledged(lease(US, 101), before(NOW, Duration.ofSeconds(1)));
                case WRITE_ACKNOWLEDGED_TOO_LATE -> new WriteAcknowledged(lease(US, 101), before(NOW, RENEW_DEADLINE));
                case OLDER_WRITE_ACKNOWLEDGED ->
                    new WriteAcknowledged(lease(US, 99), before(NOW, Duration.ofSeconds(1)));
                case API_FAILED -> new ApiFailed("500");
                case RESIGN_REQUESTED ->
                    new ResignRequested(new Reason(Reason.Code.SHUTDOWN, "The sidecar is stopping."));
                case CAMPAIGN_ALLOWED -> new CampaignAllowed();
                case HISTORY_BEGUN_ANEW -> new HistoryBegunAnew();
                case TIME_PASSED -> new TimePassed();
            };
        }
    }

    /** token 0: no claim. */
    @ParameterizedTest(name = "{0} + {1} = {2}, {3}, holder {4}, token {5}")
    @CsvSource(delimiter = '|', textBlock = """
          NOTHING_SEEN | OUR_WRITE_SEEN | FOLLOWING | VACANT | pod-a | 0
          NOTHING_SEEN | OUR_WRITE_SEEN_AGAIN | FOLLOWING | VACANT | pod-a | 0
          NOTHING_SEEN | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          NOTHING_SEEN | FORMER_SELF_SEEN | FOLLOWING | HELD_BY_OTHER | pod-a | 0
          NOTHING_SEEN | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          NOTHING_SEEN | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          NOTHING_SEEN | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          NOTHING_SEEN | OLDER_VERSION_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          NOTHING_SEEN | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          NOTHING_SEEN | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | VACANT | pod-a | 0
          NOTHING_SEEN | OLDER_WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 99
          NOTHING_SEEN | API_FAILED | UNKNOWN | STARTING | | 0
          NOTHING_SEEN | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | | 0
          NOTHING_SEEN | CAMPAIGN_ALLOWED | UNKNOWN | STARTING | | 0
          NOTHING_SEEN | HISTORY_BEGUN_ANEW | UNKNOWN | STARTING | | 0
          NOTHING_SEEN | TIME_PASSED | UNKNOWN | STARTING | | 0
          FOLLOWING_NOBODY | OUR_WRITE_SEEN | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_NOBODY | OUR_WRITE_SEEN_AGAIN | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_NOBODY | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          FOLLOWING_NOBODY | FORMER_SELF_SEEN | FOLLOWING | HELD_BY_OTHER | pod-a | 0
          FOLLOWING_NOBODY | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_NOBODY | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | OLDER_VERSION_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          FOLLOWING_NOBODY | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_NOBODY | OLDER_WRITE_ACKNOWLEDGED | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | API_FAILED | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | | 0
          FOLLOWING_NOBODY | CAMPAIGN_ALLOWED | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | HISTORY_BEGUN_ANEW | FOLLOWING | VACANT | | 0
          FOLLOWING_NOBODY | TIME_PASSED | FOLLOWING | VACANT | | 0
          FOLLOWING_ANOTHER | OUR_WRITE_SEEN | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_ANOTHER | OUR_WRITE_SEEN_AGAIN | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_ANOTHER | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          FOLLOWING_ANOTHER | FORMER_SELF_SEEN | FOLLOWING | HELD_BY_OTHER | pod-a | 0
          FOLLOWING_ANOTHER | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_ANOTHER | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_ANOTHER | OLDER_VERSION_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          FOLLOWING_ANOTHER | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | VACANT | pod-a | 0
          FOLLOWING_ANOTHER | OLDER_WRITE_ACKNOWLEDGED | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | API_FAILED | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-b | 0
          FOLLOWING_ANOTHER | CAMPAIGN_ALLOWED | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | HISTORY_BEGUN_ANEW | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_ANOTHER | TIME_PASSED | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_OWN_NAME | OUR_WRITE_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | OUR_WRITE_SEEN_AGAIN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          FOLLOWING_OWN_NAME | FORMER_SELF_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          FOLLOWING_OWN_NAME | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_OWN_NAME | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          FOLLOWING_OWN_NAME | OLDER_VERSION_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          FOLLOWING_OWN_NAME | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | OLDER_WRITE_ACKNOWLEDGED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | API_FAILED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-a | 0
          FOLLOWING_OWN_NAME | CAMPAIGN_ALLOWED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | HISTORY_BEGUN_ANEW | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          FOLLOWING_OWN_NAME | TIME_PASSED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING | OUR_WRITE_SEEN | LEADING | ACQUIRED | pod-a | 90
          LEADING | OUR_WRITE_SEEN_AGAIN | LEADING | ACQUIRED | pod-a | 90
          LEADING | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          LEADING | FORMER_SELF_SEEN | FOLLOWING | OVERWRITTEN | pod-a | 0
          LEADING | ANOTHER_SEEN | FOLLOWING | OVERWRITTEN | pod-b | 0
          LEADING | VACANCY_SEEN | FOLLOWING | OVERWRITTEN | | 0
          LEADING | ABSENCE_SEEN | FOLLOWING | DELETED | | 0
          LEADING | OLDER_VERSION_SEEN | LEADING | ACQUIRED | pod-a | 90
          LEADING | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 90
          LEADING | WRITE_ACKNOWLEDGED_TOO_LATE | LEADING | ACQUIRED | pod-a | 90
          LEADING | OLDER_WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 90
          LEADING | API_FAILED | LEADING | ACQUIRED | pod-a | 90
          LEADING | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-a | 0
          LEADING | CAMPAIGN_ALLOWED | LEADING | ACQUIRED | pod-a | 90
          LEADING | HISTORY_BEGUN_ANEW | FOLLOWING | OVERWRITTEN | pod-a | 0
          LEADING | TIME_PASSED | LEADING | ACQUIRED | pod-a | 90
          LEADING_OVERDUE | OUR_WRITE_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | OUR_WRITE_SEEN_AGAIN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          LEADING_OVERDUE | FORMER_SELF_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          LEADING_OVERDUE | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          LEADING_OVERDUE | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          LEADING_OVERDUE | OLDER_VERSION_SEEN | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          LEADING_OVERDUE | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | OLDER_WRITE_ACKNOWLEDGED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | API_FAILED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-a | 0
          LEADING_OVERDUE | CAMPAIGN_ALLOWED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | HISTORY_BEGUN_ANEW | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_OVERDUE | TIME_PASSED | FOLLOWING | RENEW_DEADLINE | pod-a | 0
          LEADING_SUSPENDED | OUR_WRITE_SEEN | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | OUR_WRITE_SEEN_AGAIN | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | NAMESAKE_SEEN | FOLLOWING | IDENTITY_CONFLICT | pod-a | 0
          LEADING_SUSPENDED | FORMER_SELF_SEEN | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | ANOTHER_SEEN | FOLLOWING | HELD_BY_OTHER | pod-b | 0
          LEADING_SUSPENDED | VACANCY_SEEN | FOLLOWING | VACANT | | 0
          LEADING_SUSPENDED | ABSENCE_SEEN | FOLLOWING | VACANT | | 0
          LEADING_SUSPENDED | OLDER_VERSION_SEEN | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | WRITE_ACKNOWLEDGED | LEADING | ACQUIRED | pod-a | 101
          LEADING_SUSPENDED | WRITE_ACKNOWLEDGED_TOO_LATE | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | OLDER_WRITE_ACKNOWLEDGED | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | API_FAILED | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-a | 0
          LEADING_SUSPENDED | CAMPAIGN_ALLOWED | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | HISTORY_BEGUN_ANEW | FOLLOWING | SUSPENDED | pod-a | 0
          LEADING_SUSPENDED | TIME_PASSED | FOLLOWING | SUSPENDED | pod-a | 0
          RESIGNED | OUR_WRITE_SEEN | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | OUR_WRITE_SEEN_AGAIN | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | NAMESAKE_SEEN | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | FORMER_SELF_SEEN | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | ANOTHER_SEEN | RESIGNED | STEP_DOWN | pod-b | 0
          RESIGNED | VACANCY_SEEN | RESIGNED | STEP_DOWN | | 0
          RESIGNED | ABSENCE_SEEN | RESIGNED | STEP_DOWN | | 0
          RESIGNED | OLDER_VERSION_SEEN | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | WRITE_ACKNOWLEDGED | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | WRITE_ACKNOWLEDGED_TOO_LATE | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | OLDER_WRITE_ACKNOWLEDGED | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | API_FAILED | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | RESIGN_REQUESTED | RESIGNED | SHUTDOWN | pod-a | 0
          RESIGNED | CAMPAIGN_ALLOWED | FOLLOWING | HELD_BY_OTHER | pod-a | 0
          RESIGNED | HISTORY_BEGUN_ANEW | RESIGNED | STEP_DOWN | pod-a | 0
          RESIGNED | TIME_PASSED | RESIGNED | STEP_DOWN | pod-a | 0
          """)
    void turnsOneStateIntoTheNext(Given given, When when, Phase phase, Reason.Code code, String holder, long token) {
        Leadership next = machine.next(given.state(), when.observation(), NOW);

        assertThat(next.phase()).isEqualTo(phase);
        assertThat(next.reason().code()).isEqualTo(code);
        assertThat(next.holder()).isEqualTo(holder);
        assertThat(next.claim() != null).isEqualTo(phase == Phase.LEADING);
        assertThat(next.leads(NOW)).isEqualTo(phase == Phase.LEADING);
        assertThat(next.fencingToken(NOW).orElse(0)).isEqualTo(token);
        assertThat(next.identity()).isEqualTo(US);
        assertThat(next.lease()).isEqualTo(LEASE);
    }

    @Test
    void theTableHasEveryStateTimesEveryObservation() throws NoSuchMethodException {
        CsvSource table = LeadershipStateMachineTest.class
                .getDeclaredMethod(
                        "turnsOneStateIntoTheNext",
                        Given.class,
                        When.class,
                        Phase.class,
                        Reason.Code.class,
                        String.class,
                        long.class)
                .getAnnotation(CsvSource.class);
        Set<String> rows = table.textBlock()
                .lines()
                .map(row -> row.split("\\|", -1))
                .map(row -> row[0].strip() + " + " + row[1].strip())
                .collect(Collectors.toSet());

        assertThat(rows)
                .containsExactlyInAnyOrderElementsOf(EnumSet.allOf(Given.class).stream()
                        .flatMap(given -> Stream.of(When.values()).map(when -> given + " + " + when))
                        .toList());
    }

    @Test
    void anAcknowledgedWriteLengthensAClaimFromWhenItWasSent() {
        Moment sent = before(NOW, Duration.ofSeconds(1));

        Leadership next = machine.next(Given.LEADING.state(), new WriteAcknowledged(lease(US, 101), sent), NOW);

        assertThat(next.claim()).isEqualTo(new Claim(TOKEN, EARLIER.wall(), sent, RENEW_DEADLINE));
        assertThat(next.validFor(NOW)).isEqualTo(Duration.ofSeconds(9));
        assertThat(next.since()).isEqualTo(EARLIER);
    }

    /** Its event of the watch came first. */
    @Test
    void aWriteThatWasSeenBeforeItsAnswerIsAcknowledgedAllTheSame() {
        Moment sent = before(NOW, Duration.ofSeconds(1));

        Leadership seen = machine.next(Given.FOLLOWING_NOBODY.state(), When.OUR_WRITE_SEEN.observation(), NOW);

        assertThat(machine.next(seen, new WriteAcknowledged(lease(US, 101), sent), NOW)
                        .fencingToken(NOW))
                .hasValue(101);
    }

    @Test
    void aConflictOfIdentitiesThatGoesOnIsNoNewState() {
        Leadership conflict = machine.next(Given.FOLLOWING_OWN_NAME.state(), When.NAMESAKE_SEEN.observation(), NOW);
        Moment later = new Moment(NOW.nanos() + 1, NOW.wall());

        assertThat(conflict.since()).isEqualTo(NOW);
        assertThat(machine.next(conflict, When.NAMESAKE_SEEN.observation(), later))
                .isEqualTo(conflict);
    }

    @Test
    void seeingOurOwnWriteDoesNotLengthenAClaim() {
        Leadership next = machine.next(Given.LEADING.state(), When.OUR_WRITE_SEEN.observation(), NOW);

        assertThat(next.validFor(NOW)).isEqualTo(RENEW_DEADLINE.minus(SINCE_SENT));
    }

    @Test
    void whenHistoryBeginsAnewLowerVersionsAreBelieved() {
        for (Given given : Given.values()) {
            Leadership anew = machine.next(given.state(), new HistoryBegunAnew(), NOW);

            assertThat(machine.next(anew, When.OLDER_VERSION_SEEN.observation(), NOW)
                            .holder())
                    .isEqualTo(THEM);
        }
    }

    @Test
    void anApiFailureIsRememberedAsTheProblemUntilTheNextGoodAnswer() {
        Leadership failed = machine.next(Given.LEADING.state(), new ApiFailed("500"), NOW);
        assertThat(failed.problem()).isEqualTo("500");
        assertThat(machine.next(failed, new ApiFailed("500"), NOW)).isSameAs(failed);

        assertThat(machine.next(failed, When.WRITE_ACKNOWLEDGED.observation(), NOW)
                        .problem())
                .isNull();
        assertThat(machine.next(failed, When.OUR_WRITE_SEEN.observation(), NOW).problem())
                .isNull();
    }

    @Test
    void theEndOfAClaimSaysWhatTheApiServerLastFailedToDo() {
        Leadership failed = machine.next(Given.LEADING.state(), new ApiFailed("No answer."), NOW);
        Moment end = new Moment(NOW.nanos() + RENEW_DEADLINE.toNanos(), NOW.wall());

        assertThat(machine.next(failed, new TimePassed(), end).reason().text())
                .isEqualTo("The API server did not acknowledge a renewal within 10000 ms: No answer.");
    }

    @Test
    void whatIsNothingNewLeavesTheStateAsItIs() {
        for (Given given : EnumSet.complementOf(EnumSet.of(Given.LEADING_OVERDUE, Given.LEADING_SUSPENDED))) {
            Leadership state = given.state();
            assertThat(machine.next(state, new TimePassed(), NOW)).isSameAs(state);
        }
        Leadership resigned = Given.RESIGNED.state();
        assertThat(machine.next(resigned, new ResignRequested(resigned.reason()), NOW))
                .isSameAs(resigned);
    }

    @Test
    void allowedToCampaignBeforeAnythingWasSeenItKnowsNothing() {
        Leadership resigned = machine.next(Given.NOTHING_SEEN.state(), When.RESIGN_REQUESTED.observation(), NOW);

        Leadership next = machine.next(resigned, new CampaignAllowed(), NOW);

        assertThat(next).isEqualTo(Leadership.unknown(US, LEASE, NOW));
    }

    @Test
    void afterAClaimThatEndedTheNextAcknowledgedWriteBeginsANewTenureWithALargerToken() {
        Leadership next = machine.next(Given.LEADING_OVERDUE.state(), When.WRITE_ACKNOWLEDGED.observation(), NOW);

        assertThat(next.fencingToken(NOW)).hasValue(101);
        assertThat(next.since()).isEqualTo(NOW);
    }

    private static Leadership following(String holder, Reason reason) {
        return new Leadership(US, LEASE, Phase.FOLLOWING, null, lease(holder, SEEN), EARLIER, reason, null);
    }

    private static Leadership leading(Moment sent) {
        return new Leadership(
                US,
                LEASE,
                Phase.LEADING,
                new Claim(TOKEN, EARLIER.wall(), sent, RENEW_DEADLINE),
                lease(US, SEEN),
                EARLIER,
                new Reason(Reason.Code.ACQUIRED, "This replica holds the Lease."),
                null);
    }

    private static ObservedLease lease(String holder, long version) {
        return new ObservedLease(
                holder,
                7,
                version,
                EARLIER.wall(),
                EARLIER.nanos(),
                EARLIER.nanos() + Duration.ofSeconds(15).toNanos());
    }

    private static Moment before(Moment moment, Duration time) {
        return new Moment(moment.nanos() - time.toNanos(), moment.wall().minus(time));
    }
}
