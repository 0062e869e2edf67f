package io.github.leaderelector.election;

import static io.github.leaderelector.election.ElectionStage.AT_ONCE;
import static io.github.leaderelector.election.ElectionStage.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntryBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpecBuilder;
import io.github.leaderelector.election.ElectionStage.Tenure;
import io.github.leaderelector.election.SimulatedConnection.Fault;
import io.github.leaderelector.election.SimulatedConnection.Request;
import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Reason.Code;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The election, told what happens step by step, in virtual time. */
@ExtendWith(QuietElection.class)
class ElectionTest {

    /**
     * The time from the last renewal of a holder until another holds the Lease: its duration, a pause, a read, a write.
     */
    private static final Duration AT_EXPIRY = TIMINGS.leaseDuration().plus(AT_ONCE);

    private final ElectionStage stage = new ElectionStage();

    private static Leadership state(SimulatedCandidate candidate) {
        return candidate.hub.current();
    }

    private static Code reason(SimulatedCandidate candidate) {
        return state(candidate).reason().code();
    }

    private static long token(SimulatedCandidate candidate) {
        return state(candidate).fencingToken(candidate.machine.now()).orElseThrow();
    }

    private static List<Request> requests(SimulatedCandidate candidate, String verb) {
        return candidate.connection.requests().stream()
                .filter(r -> r.verb().equals(verb))
                .toList();
    }

    private static long lastSent(SimulatedCandidate candidate, String verb) {
        List<Request> sent = requests(candidate, verb);
        return sent.get(sent.size() - 1).atNanos();
    }

    @Nested
    class ALeaseThatNobodyHolds {

        static Stream<Arguments> vacantSpecs() {
            return Stream.of(
                    Arguments.of("no spec", null),
                    Arguments.of("empty spec", new LeaseSpec()),
                    Arguments.of("no holder", full().withHolderIdentity(null).build()),
                    Arguments.of("empty holder", full().withHolderIdentity("").build()),
                    Arguments.of(
                            "released as by client-go",
                            full().withHolderIdentity("")
                                    .withLeaseDurationSeconds(1)
                                    .build()),
                    Arguments.of(
                            "empty holder and nothing else",
                            new LeaseSpecBuilder().withHolderIdentity("").build()));
        }

        private static LeaseSpecBuilder full() {
            return new ElectionStage().heldBy("other");
        }

        @Test
        void isCreatedAndHeldWhenItDoesNotExist() {
            SimulatedCandidate pod = stage.leader("pod-a");

            LeaseSpec spec = stage.spec();
            assertThat(spec.getHolderIdentity()).isEqualTo("pod-a");
            assertThat(spec.getLeaseDurationSeconds()).isEqualTo(15);
            assertThat(spec.getLeaseTransitions()).isZero();
            assertThat(spec.getAcquireTime()).isEqualTo(spec.getRenewTime());
            assertThat(token(pod)).isEqualTo(stage.lease().version());
            assertThat(reason(pod)).isEqualTo(Code.ACQUIRED);
            assertThat(stage.server.writes()).isOne();
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("vacantSpecs")
        void isTakenAtOnce(String name, LeaseSpec spec) {
            stage.given(spec);
            Integer transitions = spec == null ? null : spec.getLeaseTransitions();

            stage.leader("pod-a");

            assertThat(stage.spec().getHolderIdentity()).isEqualTo("pod-a");
            assertThat(stage.spec().getLeaseDurationSeconds()).isEqualTo(15);
            assertThat(stage.spec().getRenewTime()).isNotNull();
            assertThat(stage.spec().getAcquireTime()).isEqualTo(stage.spec().getRenewTime());
            assertThat(stage.spec().getLeaseTransitions()).isEqualTo(transitions == null ? 1 : transitions + 1);
        }

        @Test
        void isTakenByOneOfManyThatStartTogether() {
            List<SimulatedCandidate> pods = Stream.of("pod-a", "pod-b", "pod-c", "pod-d")
                    .map(stage::start)
                    .toList();

            stage.run(AT_ONCE);

            assertThat(pods).filteredOn(SimulatedCandidate::claims).hasSize(1);
            assertThat(stage.server.writes()).isOne();
        }
    }

    @Nested
    class ALeaseThatAnotherHolds {

        static Stream<Arguments> heldSpecs() {
            return Stream.of(
                    held("complete", s -> s),
                    held("no duration", s -> s.withLeaseDurationSeconds(null)),
                    held("senseless duration", s -> s.withLeaseDurationSeconds(0)),
                    held("no renewTime", s -> s.withRenewTime(null)),
                    held("no acquireTime", s -> s.withAcquireTime(null)),
                    held("no transitions", s -> s.withLeaseTransitions(null)),
                    held("renewed an hour ago by its clock", s -> s.withRenewTime(at("2026-01-01T11:00:00Z"))),
                    held("renewed in an hour by its clock", s -> s.withRenewTime(at("2026-01-01T13:00:00Z"))),
                    Arguments.of(
                            "holder and nothing else",
                            new LeaseSpecBuilder().withHolderIdentity("other").build()));
        }

        private static Arguments held(String name, UnaryOperator<LeaseSpecBuilder> change) {
            return Arguments.of(
                    name, change.apply(new ElectionStage().heldBy("other")).build());
        }

        private static java.time.ZonedDateTime at(String time) {
            return Instant.parse(time).atZone(ZoneOffset.UTC);
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("heldSpecs")
        void isTakenALeaseDurationAfterItWasSeenAndNotBefore(String name, LeaseSpec spec) {
            stage.given(spec);
            int transitions = spec.getLeaseTransitions() == null ? 0 : spec.getLeaseTransitions();

            SimulatedCandidate pod = stage.start("pod-a");

            assertThat(stage.until(AT_EXPIRY, pod::claims)).isGreaterThan(TIMINGS.leaseDuration());
            assertThat(stage.spec().getHolderIdentity()).isEqualTo("pod-a");
            assertThat(stage.spec().getLeaseTransitions()).isEqualTo(transitions + 1);
            assertThat(stage.spec().getLeaseDurationSeconds()).isEqualTo(15);
        }

        @Test
        void isJudgedByTheDurationThatItTells() {
            stage.given(stage.heldBy("other").withLeaseDurationSeconds(40).build());

            SimulatedCandidate pod = stage.start("pod-a");

            assertThat(stage.until(Duration.ofSeconds(41), pod::claims)).isGreaterThan(Duration.ofSeconds(40));
        }

        @Test
        void isLeftAloneAsLongAsItIsRenewed() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.start("pod-a");

            for (int i = 0; i < 20; i++) {
                stage.run(Duration.ofSeconds(14));
                stage.renewAsClientGo();
            }
            assertThat(stage.tenures()).isEmpty();
            assertThat(reason(pod)).isEqualTo(Code.HELD_BY_OTHER);

            Duration wait = stage.until(AT_EXPIRY, pod::claims);
            assertThat(wait).isGreaterThan(TIMINGS.leaseDuration());
        }

        @Test
        void isNotProlongedByAChangeOfItsMetadata() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.start("pod-a");
            stage.run(Duration.ofSeconds(10));

            stage.server.edit(l -> l.editMetadata().addToLabels("edited", "yes").endMetadata());

            stage.until(Duration.ofSeconds(5).plus(AT_ONCE), pod::claims);
        }

        @Test
        void isTakenWithinMillisecondsAfterARelease() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.follower("pod-a");
            stage.run(Duration.ofSeconds(3));

            stage.releaseAsClientGo();

            stage.until(AT_ONCE, pod::claims);
            assertThat(stage.spec().getLeaseTransitions()).isEqualTo(4);
        }

        @Test
        void isTakenASecondAfterAReleaseThatForgetsToClearTheHolder() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.follower("pod-a");

            // As Fabric8 writes it.
            stage.editSpec(s ->
                    s.withLeaseDurationSeconds(1).withRenewTime(stage.wallTime().atZone(ZoneOffset.UTC)));

            stage.until(Duration.ofSeconds(1).plus(Succession.PAUSE).plus(AT_ONCE), pod::claims);
        }

        @Test
        void isNotTakenBeforeItExpiresWhenItIsDeleted() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.follower("pod-a");
            Duration seen = stage.now();
            stage.run(Duration.ofSeconds(4));

            stage.server.delete();

            stage.until(AT_EXPIRY, pod::claims);
            assertThat(stage.now().minus(seen.minus(AT_ONCE))).isBetween(TIMINGS.leaseDuration(), AT_EXPIRY);
            assertThat(stage.spec().getHolderIdentity()).isEqualTo("pod-a");
            // One to begin with, one each when the holder and the absence have lasted, one before it takes over.
            assertThat(requests(pod, "get")).hasSize(4);
        }

        @Test
        void isNotTakenBeforeItExpiresWhenAThirdPartyEmptiesIt() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.follower("pod-a");
            stage.run(Duration.ofSeconds(4));

            stage.given((LeaseSpec) null);

            Duration wait = stage.until(AT_EXPIRY, pod::claims);
            assertThat(wait).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
        }

        @Test
        void isFollowedFromHolderToHolder() {
            stage.given(stage.heldBy("other").build());
            SimulatedCandidate pod = stage.follower("pod-a");
            stage.run(Duration.ofSeconds(14));

            stage.editSpec(s -> stage.heldBy("third"));
            stage.run(AT_ONCE);
            assertThat(state(pod).holder()).isEqualTo("third");

            assertThat(stage.until(AT_EXPIRY, pod::claims)).isGreaterThan(Duration.ofMillis(14_900));
        }
    }

    @Nested
    class ALeader {

        private final SimulatedCandidate leader = stage.leader("pod-a");
        private final SimulatedCandidate follower = stage.follower("pod-b");
        private final long token = token(leader);

        @Test
        void recreatesADeletedLeaseAtOnceAsANewTenure() {
            stage.run(Duration.ofSeconds(30));

            stage.server.delete();
            stage.until(AT_ONCE, () -> !leader.claims());
            assertThat(reason(leader)).isEqualTo(Code.DELETED);

            stage.until(AT_ONCE, leader::claims);
            assertThat(token(leader)).isGreaterThan(token);
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).extracting(Tenure::identity).containsExactly("pod-a", "pod-a");
            assertThat(state(follower).holder()).isEqualTo("pod-a");
        }

        @Test
        void takesALeaseBackThatAThirdPartyEmptied() {
            stage.run(Duration.ofSeconds(5));

            stage.server.edit(l -> l.withSpec(new LeaseSpec()));
            stage.until(AT_ONCE, () -> !leader.claims());
            assertThat(reason(leader)).isEqualTo(Code.OVERWRITTEN);

            stage.until(AT_ONCE, leader::claims);
            assertThat(token(leader)).isGreaterThan(token);
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void stepsDownWhenAnotherOverwritesTheLease() {
            stage.run(Duration.ofSeconds(5));
            stage.editSpec(s -> stage.heldBy("intruder"));

            stage.until(AT_ONCE, () -> !leader.claims());
            assertThat(reason(leader)).isEqualTo(Code.OVERWRITTEN);
            assertThat(leader.showsFile()).isFalse();
            stage.run(Duration.ofSeconds(14));
            assertThat(stage.tenures()).hasSize(1);

            // The intruder is heard of no more.
            stage.until(Duration.ofSeconds(2), () -> leader.claims() || follower.claims());
        }

        @Test
        void stepsDownWhenAnotherOverwritesTheLeaseAndNoWatchTellsIt() {
            leader.connection.watchSilent(true);
            stage.run(Duration.ofSeconds(5));

            stage.editSpec(s -> stage.heldBy("intruder"));

            stage.until(TIMINGS.retryPeriod().plus(AT_ONCE), () -> !leader.claims());
            assertThat(reason(leader)).isEqualTo(Code.OVERWRITTEN);
        }

        @Test
        void writesOncePerRetryPeriodAndReadsNothingWhileFollowersAskNothing() {
            stage.run(Duration.ofSeconds(10));
            int before = leader.connection.requests().size();
            int followerBefore = follower.connection.requests().size();

            stage.run(Duration.ofMinutes(5));

            List<Request> made = leader.connection.requests();
            assertThat(made.subList(before, made.size()))
                    .hasSize(150)
                    .allMatch(r -> r.verb().equals("update"));
            assertThat(follower.connection.requests()).hasSize(followerBefore);
            assertThat(token(leader)).isEqualTo(token);
        }

        @Test
        void keepsAcquireTimeAndTransitionsWhileItRenews() {
            LeaseSpec first = stage.spec();

            stage.run(Duration.ofMinutes(1));

            LeaseSpec last = stage.spec();
            assertThat(last.getAcquireTime()).isEqualTo(first.getAcquireTime());
            assertThat(last.getLeaseTransitions()).isEqualTo(first.getLeaseTransitions());
            assertThat(last.getRenewTime()).isAfter(first.getRenewTime());
        }

        @Test
        void renewsOnTopOfAnotherChangeOfTheLease() {
            stage.run(Duration.ofSeconds(5));
            leader.connection.watchSilent(true);

            stage.server.edit(l -> l.editMetadata().addToLabels("edited", "yes").endMetadata());
            stage.run(Duration.ofSeconds(20));

            assertThat(token(leader)).isEqualTo(token);
            assertThat(Leases.model(stage.lease()).getMetadata().getLabels()).containsEntry("edited", "yes");
        }

        @Test
        void isFollowedByAnotherAtTheObservedExpiryWhenItDies() {
            stage.run(Duration.ofSeconds(7));
            leader.machine.kill();
            long renewed = lastSent(leader, "update");

            stage.until(AT_EXPIRY, follower::claims);

            Duration since = stage.now().minusNanos(renewed);
            assertThat(since).isBetween(TIMINGS.leaseDuration(), AT_EXPIRY.plusMillis(5));
            assertThat(token(follower)).isGreaterThan(token);
            assertThat(stage.spec().getLeaseTransitions()).isOne();
        }
    }

    @Nested
    class WhatOthersWroteIntoTheLease {

        private final Lease furnished = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace("prod")
                .withName("app-lock")
                .addToLabels("team", "blue")
                .addToAnnotations("note", "keep me")
                .addToFinalizers("example.org/keep")
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("apps/v1")
                        .withKind("Deployment")
                        .withName("app")
                        .withUid("u-1")
                        .build())
                .withManagedFields(
                        new ManagedFieldsEntryBuilder().withManager("kubectl").build())
                .endMetadata()
                .withNewSpec()
                .withStrategy("OldestEmulationVersion")
                .withPreferredHolder("pod-z")
                .addToAdditionalProperties("future", "field")
                .endSpec()
                .addToAdditionalProperties("topLevel", "too")
                .build();

        private void expectFurniture() {
            Lease now = Leases.model(stage.lease());
            assertThat(now.getMetadata().getLabels()).containsEntry("team", "blue");
            assertThat(now.getMetadata().getAnnotations()).containsEntry("note", "keep me");
            assertThat(now.getMetadata().getFinalizers()).containsExactly("example.org/keep");
            assertThat(now.getMetadata().getOwnerReferences())
                    .isEqualTo(furnished.getMetadata().getOwnerReferences());
            assertThat(now.getSpec().getStrategy()).isEqualTo("OldestEmulationVersion");
            assertThat(now.getSpec().getPreferredHolder()).isEqualTo("pod-z");
            assertThat(now.getSpec().getAdditionalProperties()).containsEntry("future", "field");
            assertThat(now.getAdditionalProperties()).containsEntry("topLevel", "too");
        }

        @Test
        void survivesAcquiringRenewingAndReleasing() {
            stage.given(furnished);
            SimulatedCandidate pod = stage.leader("pod-a");
            expectFurniture();
            stage.run(Duration.ofSeconds(10));
            expectFurniture();
            pod.stop();
            stage.run(Duration.ofSeconds(1));
            assertThat(stage.lease().released()).isTrue();
            expectFurniture();
        }

        @Test
        void isSentBackWithoutManagedFields() {
            stage.given(furnished);

            stage.leader("pod-a");

            assertThat(Leases.model(stage.lease()).getMetadata().getManagedFields())
                    .isEmpty();
        }
    }

    @Nested
    class Trouble {

        private final SimulatedCandidate leader = stage.leader("pod-a");
        private final long token = token(leader);

        @ParameterizedTest
        @EnumSource(
                value = Fault.class,
                names = {"REQUEST_LOST", "REFUSED", "FORBIDDEN", "ANSWER_LOST"})
        void endsTheClaimARenewDeadlineAfterTheLastAcknowledgedWriteWasSent(Fault fault) {
            stage.run(Duration.ofSeconds(9));
            Duration sent = Duration.ofNanos(lastSent(leader, "update"));
            leader.connection.fault(fault);

            stage.until(Duration.ofSeconds(11), () -> !leader.claims());

            Duration end = sent.plus(TIMINGS.renewDeadline());
            assertThat(stage.now()).isBetween(end, end.plusMillis(1));
            assertThat(reason(leader)).isEqualTo(Code.RENEW_DEADLINE);
            stage.run(Duration.ofMillis(1));
            assertThat(leader.showsFile()).isFalse();
        }

        @ParameterizedTest
        @EnumSource(
                value = Fault.class,
                names = {"REQUEST_LOST", "REFUSED", "FORBIDDEN", "ANSWER_LOST", "THROTTLED"})
        void isOverSoonAfterTheFaultEnds(Fault fault) {
            stage.run(Duration.ofSeconds(9));
            leader.connection.fault(fault);
            stage.run(Duration.ofSeconds(40));

            leader.connection.fault(Fault.NONE);

            // A request that hangs, and a pause between attempts.
            stage.until(TIMINGS.requestTimeout().plus(TIMINGS.retryPeriod()), leader::claims);
            assertThat(token(leader)).isGreaterThan(token);
            assertThat(stage.spec().getLeaseTransitions()).isZero();
            assertThat(stage.spec().getAcquireTime()).isEqualTo(stage.spec().getRenewTime());
        }

        @ParameterizedTest
        @EnumSource(
                value = Fault.class,
                names = {"ANSWER_LOST", "LIED"})
        void doesNotEndATenureIfTheWatchShowsItsWrites(Fault fault) {
            stage.run(Duration.ofSeconds(9));
            leader.connection.fault(fault, "update");

            stage.run(Duration.ofMinutes(1));

            assertThat(token(leader)).isEqualTo(token);
            assertThat(stage.tenures()).hasSize(1);
        }

        @ParameterizedTest
        @EnumSource(
                value = Fault.class,
                names = {"ANSWER_LOST", "LIED"})
        void doesNotEndATenureIfAReadShowsItsWrites(Fault fault) {
            leader.connection.watchForbidden(true);
            leader.connection.breakWatch();
            stage.run(Duration.ofSeconds(9));

            for (int i = 0; i < 20; i++) {
                int before = requests(leader, "update").size();
                leader.connection.fault(fault, "update");
                stage.until(
                        TIMINGS.renewDeadline(),
                        () -> requests(leader, "update").size() > before);
                stage.run(Duration.ofMillis(10));
                leader.connection.fault(Fault.NONE);
                stage.run(Duration.ofSeconds(4));
            }

            assertThat(token(leader)).isEqualTo(token);
            assertThat(stage.tenures()).hasSize(1);
        }

        @Test
        void givesTheLeadToAnotherReplicaThatWorks() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(9));
            long sent = lastSent(leader, "update");
            leader.connection.fault(Fault.REQUEST_LOST);

            stage.until(AT_EXPIRY, follower::claims);

            assertThat(stage.now().minusNanos(sent)).isGreaterThan(TIMINGS.leaseDuration());
            leader.connection.fault(Fault.NONE);
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).hasSize(2);
            assertThat(state(leader).holder()).isEqualTo("pod-b");
        }

        @Test
        void endsTheClaimBeforeAFollowerTakesALeaseThatWasDeletedMeanwhile() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(9));
            Duration renewed = Duration.ofNanos(lastSent(leader, "update"));
            leader.connection.fault(Fault.REQUEST_LOST);

            stage.server.delete();
            stage.run(AT_ONCE);
            // It does not know.
            assertThat(leader.claims()).isTrue();

            stage.until(AT_EXPIRY, follower::claims);
            assertThat(stage.now().minus(renewed)).isGreaterThan(TIMINGS.leaseDuration());
            leader.connection.fault(Fault.NONE);
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void heedsRetryAfter() {
            stage.run(Duration.ofSeconds(9));
            leader.connection.retryAfter(Duration.ofSeconds(5));
            leader.connection.fault(Fault.THROTTLED, "update");
            int before = requests(leader, "update").size();
            stage.until(Duration.ofSeconds(3), () -> requests(leader, "update").size() == before + 1);
            Duration refused = stage.now();
            leader.connection.fault(Fault.NONE);

            stage.until(Duration.ofSeconds(9), () -> requests(leader, "update").size() == before + 2);

            assertThat(stage.now().minus(refused)).isGreaterThan(Duration.ofSeconds(5));
            assertThat(token(leader)).isEqualTo(token);
        }

        @Test
        void doesNotLetRetryAfterEndAClaim() {
            stage.run(Duration.ofSeconds(9));
            leader.connection.retryAfter(Duration.ofHours(1));
            leader.connection.fault(Fault.THROTTLED, "update");
            stage.run(Duration.ofSeconds(2));
            leader.connection.fault(Fault.NONE);

            stage.run(Duration.ofMinutes(1));

            assertThat(token(leader)).isEqualTo(token);
            assertThat(stage.tenures()).hasSize(1);
        }

        @Test
        void isTold() {
            leader.connection.fault(Fault.FORBIDDEN);
            stage.run(Duration.ofSeconds(5));
            assertThat(state(leader).problem()).isEqualTo("forbidden");

            leader.connection.fault(Fault.NONE);
            stage.run(Duration.ofSeconds(3));
            assertThat(state(leader).problem()).isNull();
        }

        @Test
        void ofAFrozenMachineEndsItsClaimUnseen() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(9));
            leader.machine.freeze();

            stage.until(AT_EXPIRY, follower::claims);
            leader.machine.thaw();
            stage.run(Duration.ofMillis(1));

            assertThat(leader.claims()).isFalse();
            assertThat(leader.showsFile()).isFalse();
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).hasSize(2);
        }
    }

    /** A4: what somebody writes into the Lease does not reach a holder that is cut off. */
    @Test
    void aDurationThatSomebodyShortensDoesNotMakeTwoLeaders() {
        SimulatedCandidate leader = stage.leader("pod-a");
        SimulatedCandidate follower = stage.follower("pod-b");
        stage.run(Duration.ofSeconds(9));
        leader.connection.fault(Fault.REQUEST_LOST);

        stage.editSpec(spec -> spec.withLeaseDurationSeconds(1));

        assertThat(stage.until(AT_EXPIRY, follower::claims)).isGreaterThan(Duration.ofSeconds(10));
        assertThat(leader.claims()).isFalse();
    }

    /** A5: the renewal of a killed process is stored after its successor has looked, and before it writes. */
    @Test
    void aLateRenewalOfTheProcessBeforeARestartCostsNoLeaseDuration() {
        SimulatedCandidate before = stage.leader("pod-a");
        stage.run(Duration.ofSeconds(5));
        LeaseDocument renewal = stage.lease();
        before.machine.kill();
        SimulatedCandidate after = stage.start("pod-a");
        stage.until(AT_ONCE, () -> !requests(after, "get").isEmpty());
        // Its read is answered, its write is not here yet.
        stage.run(Duration.ofMillis(2));
        stage.server.edit(lease -> lease.editSpec()
                .withRenewTime(renewal.renewTime().plusSeconds(2).atZone(ZoneOffset.UTC))
                .endSpec());

        stage.until(TIMINGS.retryPeriod().plus(AT_ONCE), after::claims);
    }

    @Test
    void theTimesThatClientGoTakesWork() {
        stage.times(new Timings(Duration.ofSeconds(6), Duration.ofSeconds(5), Duration.ofSeconds(3)));
        SimulatedCandidate leader = stage.leader("pod-a");
        SimulatedCandidate follower = stage.follower("pod-b");

        stage.run(Duration.ofMinutes(5));
        assertThat(stage.tenures()).hasSize(1);

        leader.stop();
        stage.until(AT_ONCE, follower::claims);
    }

    /** Versions begin lower than what everybody has seen. */
    @Nested
    class ARestoreOfEtcd {

        private final SimulatedCandidate leader = stage.leader("pod-a");
        private final List<SimulatedCandidate> all = List.of(leader, stage.follower("pod-b"), stage.follower("pod-c"));

        private void restore(@Nullable LeaseDocument backup, long revision) {
            stage.server.restore(backup, revision);
            all.forEach(pod -> pod.connection.breakWatch());
        }

        private List<SimulatedCandidate> leaders() {
            return all.stream().filter(SimulatedCandidate::claims).toList();
        }

        private void oneLeadsAndHandsOver() {
            stage.run(AT_EXPIRY.plusSeconds(5));
            assertThat(leaders()).hasSize(1);
            SimulatedCandidate next = leaders().get(0);
            stage.run(Duration.ofMinutes(1));
            assertThat(leaders()).containsExactly(next);

            next.stop();
            stage.until(Duration.ofSeconds(3), () -> !leaders().isEmpty());
        }

        @Test
        void toAnEarlierRenewalOfTheLeader() {
            LeaseDocument backup = stage.lease();
            long revision = stage.server.revision();
            stage.run(Duration.ofMinutes(10));

            restore(backup, revision);

            oneLeadsAndHandsOver();
        }

        @Test
        void toATimeWhenAnotherLed() {
            stage.editSpec(spec -> stage.heldBy("pod-b"));
            LeaseDocument backup = stage.lease();
            long revision = stage.server.revision();
            stage.run(Duration.ofMinutes(10));
            assertThat(leaders()).hasSize(1);

            restore(backup, revision);

            oneLeadsAndHandsOver();
        }

        @Test
        void toAReleaseDoesNotFreeTheLeaseOfTheNextLeader() {
            LeaseDocument backup = stage.lease().releasedAt(stage.wallTime());
            long revision = stage.server.revision();
            stage.run(Duration.ofMinutes(10));

            restore(backup, revision);

            oneLeadsAndHandsOver();
        }

        @Test
        void toATimeBeforeTheLease() {
            stage.run(Duration.ofMinutes(10));

            restore(null, 50);

            oneLeadsAndHandsOver();
        }

        @Test
        void isNotTakenForANamesake() {
            LeaseDocument backup = stage.lease();
            long revision = stage.server.revision();
            stage.run(Duration.ofMinutes(10));

            restore(backup, revision);
            stage.until(Duration.ofSeconds(5), () -> !leader.claims());

            assertThat(reason(leader)).isEqualTo(Code.OVERWRITTEN);
            stage.run(Duration.ofSeconds(1));
            assertThat(reason(leader)).isNotEqualTo(Code.IDENTITY_CONFLICT);
        }
    }

    @Nested
    class MissingPermissions {

        @Test
        void areNoticedWhenTheyAreGranted() {
            SimulatedCandidate pod = stage.candidate("pod-a");
            pod.connection.fault(Fault.FORBIDDEN);
            pod.connection.watchForbidden(true);
            pod.start();
            stage.run(Duration.ofMinutes(2));
            assertThat(pod.claims()).isFalse();
            assertThat(state(pod).problem()).isEqualTo("forbidden");

            pod.connection.fault(Fault.NONE);

            stage.until(TIMINGS.retryPeriod().plus(AT_ONCE), pod::claims);
        }

        @ParameterizedTest
        @ValueSource(strings = {"create", "update", "get"})
        void ofOneVerbAreNoticedWhenTheyAreGranted(String verb) {
            if (verb.equals("update")) {
                stage.given(new LeaseSpec());
            }
            SimulatedCandidate pod = stage.candidate("pod-a");
            pod.connection.fault(Fault.FORBIDDEN, verb);
            pod.start();
            stage.run(Duration.ofMinutes(2));
            assertThat(pod.claims()).isFalse();
            assertThat(state(pod).problem()).isEqualTo("forbidden");
            // Neither silent nor a nuisance.
            assertThat(requests(pod, verb)).hasSizeBetween(40, 250);

            pod.connection.fault(Fault.NONE);

            stage.until(Duration.ofSeconds(2).plus(TIMINGS.retryPeriod()).plus(AT_ONCE), pod::claims);
        }

        @Test
        void toWatchDoNotPreventElections() {
            SimulatedCandidate leader = stage.candidate("pod-a");
            SimulatedCandidate follower = stage.candidate("pod-b");
            for (SimulatedCandidate pod : List.of(leader, follower)) {
                pod.connection.watchForbidden(true);
                pod.start();
                stage.run(AT_ONCE);
            }
            assertThat(leader.claims()).isTrue();
            stage.run(Duration.ofMinutes(2));
            assertThat(stage.tenures()).hasSize(1);
            // It has to ask, but not more often than Fabric8 would.
            assertThat(requests(follower, "get")).hasSizeBetween(55, 130);

            leader.stop();

            stage.until(TIMINGS.retryPeriod().plus(AT_ONCE), follower::claims);
        }

        @Test
        void toWatchDoNotMakeATakeoverEarlier() {
            SimulatedCandidate leader = stage.leader("pod-a");
            SimulatedCandidate follower = stage.candidate("pod-b");
            follower.connection.watchForbidden(true);
            follower.start();
            stage.run(Duration.ofSeconds(20));
            leader.machine.kill();
            long renewed = lastSent(leader, "update");

            stage.until(Duration.ofSeconds(20), follower::claims);

            Duration since = stage.now().minusNanos(renewed);
            // One period until it has seen the last renewal, and one until its next attempt.
            assertThat(since)
                    .isBetween(
                            TIMINGS.leaseDuration(),
                            AT_EXPIRY.plus(TIMINGS.retryPeriod().multipliedBy(2)));
        }

        @Test
        void toWatchAreNoticedWhenTheyAreGranted() {
            stage.leader("pod-a");
            SimulatedCandidate follower = stage.candidate("pod-b");
            follower.connection.watchForbidden(true);
            follower.start();
            stage.run(Duration.ofMinutes(1));

            follower.connection.watchForbidden(false);
            stage.run(Duration.ofSeconds(31));
            int before = follower.connection.requests().size();
            stage.run(Duration.ofMinutes(1));

            assertThat(follower.connection.requests()).hasSize(before);
        }
    }

    @Nested
    class AWatch {

        private final SimulatedCandidate leader = stage.leader("pod-a");
        private final SimulatedCandidate follower = stage.follower("pod-b");

        @Test
        void thatFallsSilentDoesNotMakeARivalOfAFollower() {
            stage.run(Duration.ofSeconds(10));
            follower.connection.watchSilent(true);

            stage.run(Duration.ofMinutes(5));

            assertThat(stage.tenures()).hasSize(1);
        }

        @Test
        void thatFellSilentIsReplaced() {
            stage.run(Duration.ofSeconds(10));
            follower.connection.watchSilent(true);
            stage.run(Duration.ofMillis(4_500));
            follower.connection.watchSilent(false);
            follower.connection.breakWatch();
            stage.run(Duration.ofSeconds(2));
            int before = follower.connection.requests().size();

            stage.run(Duration.ofMinutes(1));
            assertThat(follower.connection.requests()).hasSize(before);

            leader.stop();
            stage.until(AT_ONCE, follower::claims);
        }

        @Test
        void thatFellSilentDoesNotDelayATakeoverAtExpiry() {
            stage.run(Duration.ofSeconds(10));
            follower.connection.watchSilent(true);
            stage.run(Duration.ofSeconds(10));
            leader.machine.kill();

            // A read every retry period shows the last renewal at most so much later.
            stage.until(AT_EXPIRY.plus(TIMINGS.retryPeriod()), follower::claims);
        }

        @Test
        void thatBreaksIsOpenedAgain() {
            stage.run(Duration.ofSeconds(10));
            for (int i = 0; i < 5; i++) {
                follower.connection.breakWatch();
                stage.run(Duration.ofSeconds(3));
            }
            assertThat(stage.tenures()).hasSize(1);

            leader.stop();

            stage.until(AT_ONCE, follower::claims);
        }

        @Test
        void thatBecameSilentWithoutALeaderDoesNotMakeAFollowerRepeatItsWrite() {
            leader.candidacy().resign(new Reason(Code.UNHEALTHY, "test"));
            follower.candidacy().resign(new Reason(Code.UNHEALTHY, "test"));
            stage.run(Duration.ofSeconds(10));
            assertThat(stage.lease().holder()).isNull();
            follower.connection.watchSilent(true);
            leader.candidacy().campaign(Code.UNHEALTHY);
            stage.until(AT_ONCE, leader::claims);

            follower.candidacy().campaign(Code.UNHEALTHY);
            stage.run(Duration.ofSeconds(10));
            int before = requests(follower, "update").size();
            stage.run(Duration.ofSeconds(30));

            assertThat(requests(follower, "update")).hasSize(before);
            assertThat(state(follower).holder()).isEqualTo("pod-a");
        }

        @Test
        void thatMissedTheReleaseIsMadeUpForByReads() {
            stage.run(Duration.ofSeconds(10));
            follower.connection.watchSilent(true);
            leader.stop();

            // One and a half retry periods of silence make it ask; a tick or two pass in between.
            stage.until(Duration.ofSeconds(6), follower::claims);
        }
    }

    @Nested
    class Clocks {

        @ParameterizedTest
        @ValueSource(strings = {"PT1H", "-PT1H", "PT15S", "-PT15S"})
        void thatShowAnotherTimeOfDayDoNotMatter(Duration offset) {
            SimulatedCandidate leader = stage.leader("pod-a");
            SimulatedCandidate wrong = stage.candidate("pod-b", 1, offset);
            wrong.start();

            stage.run(Duration.ofMinutes(5));
            assertThat(stage.tenures()).hasSize(1);
            leader.machine.kill();
            stage.until(AT_EXPIRY, wrong::claims);

            SimulatedCandidate right = stage.start("pod-c");
            stage.run(Duration.ofMinutes(5));
            assertThat(right.claims()).isFalse();
            assertThat(stage.tenures()).hasSize(2);
        }

        @ParameterizedTest
        @ValueSource(doubles = {0.9, 1.1})
        void thatRunTenPercentFastOrSlowDoNotMatter(double speed) {
            SimulatedCandidate odd = stage.candidate("pod-a", speed, Duration.ZERO);
            odd.start();
            stage.run(AT_ONCE);
            SimulatedCandidate right = stage.start("pod-b");

            stage.run(Duration.ofMinutes(5));
            assertThat(stage.tenures()).hasSize(1);

            odd.connection.fault(Fault.REQUEST_LOST);
            stage.until(AT_EXPIRY, right::claims);
            odd.connection.fault(Fault.NONE);
            stage.run(Duration.ofMinutes(5));
            assertThat(stage.tenures()).hasSize(2);

            right.machine.kill();
            stage.until(Duration.ofSeconds(17), odd::claims);
        }

        @Test
        void thatJumpAheadEndAClaimAsASuspensionWould() {
            SimulatedCandidate leader = stage.leader("pod-a");
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));

            leader.machine.stepWallClock(Duration.ofHours(1));
            stage.until(Duration.ofMillis(260), () -> !leader.showsFile());
            assertThat(reason(leader)).isEqualTo(Code.SUSPENDED);

            stage.until(Duration.ofSeconds(2), leader::claims);
            stage.run(Duration.ofMinutes(1));
            assertThat(follower.claims()).isFalse();
        }

        @Test
        void thatJumpBackDoNotMatter() {
            SimulatedCandidate leader = stage.leader("pod-a");
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));

            leader.machine.stepWallClock(Duration.ofHours(-1));
            follower.machine.stepWallClock(Duration.ofHours(-1));
            stage.run(Duration.ofMinutes(1));

            assertThat(stage.tenures()).hasSize(1);
        }
    }

    @Nested
    class OneIdentity {

        @Test
        void isRecognizedAfterARestart() {
            SimulatedCandidate before = stage.leader("pod-a");
            stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));
            long token = token(before);
            int transitions = stage.spec().getLeaseTransitions();
            before.machine.kill();

            SimulatedCandidate after = stage.start("pod-a");
            stage.until(AT_ONCE, after::claims);

            assertThat(token(after)).isGreaterThan(token);
            assertThat(stage.spec().getLeaseTransitions()).isEqualTo(transitions);
            assertThat(stage.spec().getAcquireTime()).isEqualTo(stage.spec().getRenewTime());
        }

        @Test
        void ofTwoProcessesMakesTheFirstStepDownAndStayDown() {
            // The second takes itself for the first after a restart.
            stage.allowOverlap();
            SimulatedCandidate first = stage.leader("pod-a");
            stage.run(Duration.ofSeconds(5));

            SimulatedCandidate second = stage.start("pod-a");
            stage.until(AT_ONCE, second::claims);
            stage.until(AT_ONCE, () -> !first.claims());
            assertThat(reason(first)).isEqualTo(Code.IDENTITY_CONFLICT);

            stage.run(Duration.ofMinutes(5));
            assertThat(second.claims()).isTrue();
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void ofTwoProcessesIsInheritedAtTheExpiry() {
            stage.allowOverlap();
            SimulatedCandidate first = stage.leader("pod-a");
            stage.run(Duration.ofSeconds(5));
            SimulatedCandidate second = stage.leader("pod-a");
            stage.run(Duration.ofSeconds(5));
            assertThat(first.claims()).isFalse();
            second.machine.kill();
            long renewed = lastSent(second, "update");

            stage.until(AT_EXPIRY, first::claims);

            assertThat(stage.now().minusNanos(renewed)).isGreaterThan(TIMINGS.leaseDuration());
        }

        @Test
        void ofTwoProcessesIsNotReleasedByTheOneThatLost() {
            stage.allowOverlap();
            SimulatedCandidate first = stage.leader("pod-a");
            SimulatedCandidate second = stage.leader("pod-a");
            stage.run(Duration.ofSeconds(5));

            first.stop();
            stage.run(Duration.ofSeconds(5));

            assertThat(second.claims()).isTrue();
            assertThat(stage.spec().getHolderIdentity()).isEqualTo("pod-a");
        }
    }

    @Nested
    class Resigning {

        private final SimulatedCandidate leader = stage.leader("pod-a");

        @Test
        void stopsFirstAndReleasesSecond() {
            List<String> order = new ArrayList<>();
            stage.afterEach(() -> note(
                    order,
                    "claims " + leader.claims() + ", file " + leader.showsFile() + ", released "
                            + stage.lease().released()));
            stage.run(Duration.ofSeconds(5));

            CompletableFuture<Boolean> released = leader.resign();
            stage.run(AT_ONCE);

            assertThat(released).isCompletedWithValue(true);
            assertThat(order)
                    .containsExactly(
                            "claims true, file true, released false",
                            "claims false, file true, released false",
                            "claims false, file false, released false",
                            "claims false, file false, released true");
            assertThat(reason(leader)).isEqualTo(Code.STEP_DOWN);
        }

        private void note(List<String> order, String what) {
            if (order.isEmpty() || !order.get(order.size() - 1).equals(what)) {
                order.add(what);
            }
        }

        @Test
        void givesTheLeadToAFollowerWithinMilliseconds() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));

            var unused = leader.resign();

            stage.until(AT_ONCE, follower::claims);
            assertThat(stage.spec().getLeaseTransitions()).isOne();
            stage.run(Duration.ofMinutes(1));
            assertThat(stage.tenures()).hasSize(2);
            assertThat(reason(leader)).isEqualTo(Code.STEP_DOWN);
        }

        @Test
        void writesWhatClientGoWrites() {
            stage.run(Duration.ofSeconds(5));
            LeaseSpec held = stage.spec();

            var unused = leader.resign();
            stage.run(AT_ONCE);

            LeaseSpec spec = stage.spec();
            assertThat(spec.getHolderIdentity()).isEmpty();
            assertThat(spec.getLeaseDurationSeconds()).isOne();
            assertThat(spec.getRenewTime()).isAfter(held.getRenewTime());
            assertThat(spec.getAcquireTime()).isEqualTo(held.getAcquireTime());
            assertThat(spec.getLeaseTransitions()).isEqualTo(held.getLeaseTransitions());
        }

        @Test
        void releasesNothingWhileTheFileCannotBeDeleted() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));
            leader.fileStuck(true);

            CompletableFuture<Boolean> released = leader.resign();
            for (int i = 0; i < 10; i++) {
                stage.run(Duration.ofSeconds(1));
                leader.hub.retell();
                assertThat(leader.claims()).isFalse();
                assertThat(leader.showsFile()).isTrue();
                assertThat(released).isNotDone();
                assertThat(stage.spec().getHolderIdentity()).isEqualTo("pod-a");
                assertThat(follower.claims()).isFalse();
            }

            leader.fileStuck(false);
            leader.hub.retell();
            stage.until(AT_ONCE, follower::claims);
            assertThat(leader.showsFile()).isFalse();
            assertThat(released).isCompletedWithValue(true);
        }

        @Test
        void waitsForAWriteThatIsAboutToTakeTheLease() {
            ElectionStage fresh = new ElectionStage();
            SimulatedCandidate pod = fresh.start("pod-a");
            fresh.until(AT_ONCE, () -> !requests(pod, "create").isEmpty());

            CompletableFuture<Boolean> released = pod.resign();
            fresh.run(AT_ONCE);

            assertThat(released).isCompletedWithValue(true);
            assertThat(fresh.tenures()).isEmpty();
            assertThat(fresh.lease().released()).isTrue();
        }

        @Test
        void waitsForAWriteThatIsAboutToTakeTheLeaseThoughNoWatchTellsIt() {
            ElectionStage fresh = new ElectionStage();
            SimulatedCandidate pod = fresh.candidate("pod-a");
            pod.connection.watchForbidden(true);
            pod.start();
            fresh.until(AT_ONCE, () -> !requests(pod, "create").isEmpty());

            CompletableFuture<Boolean> released = pod.resign();
            fresh.run(AT_ONCE);

            assertThat(released).isCompletedWithValue(true);
            assertThat(fresh.tenures()).isEmpty();
            assertThat(fresh.lease().released()).isTrue();
        }

        @Test
        void undoesAWriteThatTookTheLeaseThoughItsAnswerWasLost() {
            ElectionStage fresh = new ElectionStage();
            SimulatedCandidate pod = fresh.candidate("pod-a");
            pod.connection.watchForbidden(true);
            pod.connection.fault(Fault.ANSWER_LOST, "create");
            pod.start();
            fresh.until(AT_ONCE, () -> !requests(pod, "create").isEmpty());

            CompletableFuture<Boolean> released = pod.resign();
            fresh.run(TIMINGS.requestTimeout().plus(AT_ONCE));

            assertThat(released).isCompletedWithValue(true);
            assertThat(fresh.tenures()).isEmpty();
            assertThat(fresh.lease().released()).isTrue();
        }

        @Test
        void prevailsOverARenewalThatIsUnderWay() {
            stage.run(Duration.ofSeconds(5));
            int before = requests(leader, "update").size();
            stage.until(TIMINGS.retryPeriod(), () -> requests(leader, "update").size() > before);

            CompletableFuture<Boolean> released = leader.resign();
            stage.run(Duration.ofSeconds(1));

            assertThat(released).isCompletedWithValue(true);
            assertThat(stage.lease().released()).isTrue();
        }

        @Test
        void endsTheClaimAtOnceEvenIfTheApiServerDoesNotAnswer() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));
            leader.connection.fault(Fault.REQUEST_LOST);

            CompletableFuture<Boolean> released = leader.resign();
            stage.run(Duration.ofMillis(1));
            assertThat(leader.claims()).isFalse();

            stage.run(Duration.ofSeconds(12));
            assertThat(released).isCompletedWithValue(false);
            assertThat(follower.claims()).isFalse();
            stage.until(AT_EXPIRY, follower::claims);
        }

        @Test
        void aFollowerThatIsNotNextWritesNothing() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));
            stage.server.edit(lease -> lease.editMetadata()
                    .addToAnnotations(LeaseDocument.SUCCESSOR, "pod-c")
                    .endMetadata());
            stage.run(Duration.ofSeconds(5));
            int before = follower.connection.requests().size();

            CompletableFuture<Boolean> released = follower.resign();
            stage.run(Duration.ofMinutes(1));

            assertThat(released).isCompletedWithValue(true);
            assertThat(follower.connection.requests()).hasSize(before);
            assertThat(leader.claims()).isTrue();
        }

        @Test
        void isForGoodUntilItMayCampaignAgain() {
            stage.run(Duration.ofSeconds(5));
            var unused = leader.resign();
            stage.run(Duration.ofMinutes(1));
            assertThat(leader.claims()).isFalse();
            assertThat(stage.lease().released()).isTrue();

            leader.machine.run(() -> leader.candidacy().campaign(Code.STEP_DOWN));

            stage.until(AT_ONCE, leader::claims);
            assertThat(stage.tenures()).hasSize(2);
        }
    }

    @Nested
    class Draining {

        private static final Duration DRAIN = Duration.ofSeconds(40);

        private final SimulatedCandidate leader = drainingLeader();
        private final SimulatedCandidate follower = stage.follower("pod-b");

        private SimulatedCandidate drainingLeader() {
            stage.drain(DRAIN);
            return stage.leader("pod-a");
        }

        @Test
        void keepsTheLeaseFromOthersWithoutAClaimUntilTheTimeIsOver() {
            stage.run(Duration.ofSeconds(5));
            LeaseSpec held = stage.spec();

            CompletableFuture<Boolean> released = leader.resign();
            stage.afterEach(() -> {
                assertThat(leader.claims()).isFalse();
                assertThat(follower.claims()).isFalse();
            });
            stage.run(DRAIN.minusMillis(1));

            assertThat(leader.showsFile()).isFalse();
            assertThat(released).isNotDone();
            LeaseSpec kept = stage.spec();
            assertThat(kept.getHolderIdentity()).isEqualTo("pod-a");
            assertThat(kept.getAcquireTime()).isEqualTo(held.getAcquireTime());
            assertThat(kept.getLeaseTransitions()).isEqualTo(held.getLeaseTransitions());

            stage.afterEach(() -> {});
            stage.until(AT_ONCE, follower::claims);
            assertThat(released).isCompletedWithValue(true);
        }

        @Test
        void renewsOncePerRetryPeriodAndReadsNothing() {
            stage.run(Duration.ofSeconds(5));
            int before = leader.connection.requests().size();

            var unused = leader.resign();
            stage.run(Duration.ofSeconds(20));

            assertThat(leader.connection.requests().size() - before).isBetween(9, 11);
            assertThat(requests(leader, "get")).hasSize(1);
        }

        @Test
        void endsAtOnceWhenTheApplicationHasFinished() {
            stage.run(Duration.ofSeconds(5));
            var unused = leader.resign();
            stage.run(Duration.ofSeconds(3));

            assertThat(leader.candidacy().drained()).isTrue();

            stage.until(AT_ONCE, follower::claims);
            assertThat(leader.candidacy().drained()).isFalse();
        }

        @Test
        void isNotForAReplicaThatDidNotLead() {
            stage.run(Duration.ofSeconds(5));

            CompletableFuture<Boolean> released = follower.resign();
            stage.run(AT_ONCE);

            assertThat(released).isCompletedWithValue(true);
            assertThat(follower.candidacy().drained()).isFalse();
            assertThat(leader.candidacy().drained()).isFalse();
            assertThat(leader.claims()).isTrue();
        }

        @Test
        void outlivesAnOutageShorterThanTheLease() {
            stage.run(Duration.ofSeconds(5));
            var unused = leader.resign();
            leader.connection.fault(Fault.REQUEST_LOST);
            stage.run(Duration.ofSeconds(7));
            leader.connection.fault(Fault.NONE);

            stage.run(Duration.ofSeconds(30));

            assertThat(follower.claims()).isFalse();
        }

        @Test
        void cannotKeepTheLeaseWhenTheApiServerIsOutOfReachAndEndsWhenAnotherHasIt() {
            stage.run(Duration.ofSeconds(5));
            CompletableFuture<Boolean> released = leader.resign();
            leader.connection.fault(Fault.REQUEST_LOST);

            stage.until(AT_EXPIRY, follower::claims);
            leader.connection.fault(Fault.NONE);
            stage.run(Duration.ofSeconds(8));

            assertThat(released).isCompletedWithValue(true);
            assertThat(follower.claims()).isTrue();
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void isGoneToItsEndEvenIfTheReasonForItIsGone() {
            stage.run(Duration.ofSeconds(5));
            var unused = leader.resign();
            stage.run(Duration.ofSeconds(3));

            leader.candidacy().campaign(Code.STEP_DOWN);
            stage.run(Duration.ofSeconds(30));
            assertThat(leader.claims()).isFalse();
            assertThat(follower.claims()).isFalse();

            stage.until(Duration.ofSeconds(8), follower::claims);
            assertThat(reason(leader)).isEqualTo(Code.HELD_BY_OTHER);
        }

        @Test
        void isNotBegunAnewByAFurtherReason() {
            stage.run(Duration.ofSeconds(5));
            var unused = leader.resign();
            stage.run(Duration.ofSeconds(35));

            leader.stop();
            assertThat(reason(leader)).isEqualTo(Code.SHUTDOWN);

            stage.until(Duration.ofSeconds(5).plus(AT_ONCE), follower::claims);
        }

        @Test
        void isNotCutShortByAReasonThatFollowsASecondThought() {
            stage.run(Duration.ofSeconds(5));
            leader.candidacy().resign(new Reason(Code.UNHEALTHY, "test"));
            stage.run(Duration.ofSeconds(5));
            leader.candidacy().campaign(Code.UNHEALTHY);
            stage.run(Duration.ofSeconds(5));

            leader.stop();
            stage.run(Duration.ofSeconds(29));
            assertThat(follower.claims()).isFalse();

            stage.until(Duration.ofSeconds(1).plus(AT_ONCE), follower::claims);
        }

        @Test
        void goesOnAfterSigterm() {
            stage.run(Duration.ofSeconds(5));

            leader.stop();
            stage.run(Duration.ofSeconds(30));
            assertThat(follower.claims()).isFalse();
            assertThat(leader.candidacy().drained()).isTrue();

            stage.until(AT_ONCE, follower::claims);
        }
    }

    @Nested
    class SteppingDown {

        private static final Duration COOLDOWN = Duration.ofSeconds(30);

        private final SimulatedCandidate leader = stage.leader("pod-a");

        @Test
        void givesTheLeadToAFollowerAndIsNoCandidateForTheCooldown() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));

            assertThat(leader.candidacy().stepDown(COOLDOWN)).isTrue();
            assertThat(leader.claims()).isFalse();
            stage.until(AT_ONCE, follower::claims);
            follower.machine.kill();
            stage.run(COOLDOWN.minusSeconds(1));

            assertThat(leader.claims()).isFalse();
            assertThat(reason(leader)).isEqualTo(Code.STEP_DOWN);
            stage.until(Duration.ofSeconds(1).plus(AT_ONCE), leader::claims);
        }

        @Test
        void leavesTheLeaseFreeUntilTheEndOfTheCooldownWithoutOtherReplicas() {
            stage.run(Duration.ofSeconds(5));

            leader.candidacy().stepDown(COOLDOWN);
            stage.run(COOLDOWN.minusMillis(1));
            assertThat(stage.lease().released()).isTrue();
            assertThat(leader.claims()).isFalse();

            stage.until(AT_ONCE, leader::claims);
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void isRefusedByAFollower() {
            SimulatedCandidate follower = stage.follower("pod-b");
            assertThat(follower.candidacy().stepDown(COOLDOWN)).isFalse();

            leader.candidacy().stepDown(COOLDOWN);
            assertThat(leader.candidacy().stepDown(COOLDOWN)).isFalse();

            stage.until(AT_ONCE, follower::claims);
        }

        @Test
        void withoutACooldownReleasesAndCampaignsAgain() {
            stage.run(Duration.ofSeconds(5));

            leader.candidacy().stepDown(Duration.ZERO);
            assertThat(leader.claims()).isFalse();

            stage.until(AT_ONCE.plus(Succession.PAUSE), leader::claims);
            assertThat(stage.tenures()).hasSize(2);
        }

        @Test
        void endsTheClaimEvenIfTheApiServerDoesNotAnswer() {
            SimulatedCandidate follower = stage.follower("pod-b");
            stage.run(Duration.ofSeconds(5));
            leader.connection.fault(Fault.REQUEST_LOST);

            assertThat(leader.candidacy().stepDown(COOLDOWN)).isTrue();
            assertThat(leader.claims()).isFalse();

            stage.until(AT_EXPIRY, follower::claims);
        }

        @Test
        void isACandidateAgainOnlyWhenNoReasonIsLeft() {
            stage.run(Duration.ofSeconds(5));
            leader.candidacy().stepDown(COOLDOWN);
            stage.run(Duration.ofSeconds(10));
            leader.candidacy().resign(new Reason(Code.UNHEALTHY, "test"));
            assertThat(reason(leader)).isEqualTo(Code.STEP_DOWN);

            stage.run(Duration.ofMinutes(1));
            assertThat(leader.claims()).isFalse();
            assertThat(reason(leader)).isEqualTo(Code.UNHEALTHY);

            leader.candidacy().campaign(Code.UNHEALTHY);
            stage.until(AT_ONCE, leader::claims);
        }

        @Test
        void aReplicaThatStartsResignedSeesTheLeaseAndCampaignsLater() {
            leader.stop();
            stage.run(AT_ONCE);
            SimulatedCandidate pod = stage.candidate("pod-b");
            pod.candidacy().resign(new Reason(Code.UNHEALTHY, "test"));
            pod.start();
            stage.run(Duration.ofMinutes(1));
            assertThat(state(pod).seen()).isTrue();
            assertThat(stage.lease().released()).isTrue();

            pod.candidacy().campaign(Code.UNHEALTHY);

            stage.until(AT_ONCE, pod::claims);
        }
    }

    /** The contract's line "cheap", from the first moment on. */
    @Nested
    class Requests {

        private final List<SimulatedCandidate> pods = new ArrayList<>();

        private void startInOrder() {
            for (String name : List.of("pod-a", "pod-b", "pod-c")) {
                pods.add(stage.start(name));
                stage.run(AT_ONCE);
            }
        }

        @Test
        void areOneReadEachTheTakingTheRenewalsAndOneThatNamesASuccessor() {
            startInOrder();
            stage.run(Duration.ofMinutes(5));

            assertThat(pods).allSatisfy(pod -> assertThat(requests(pod, "get")).hasSize(1));
            assertThat(requests(pods.get(0), "create")).hasSize(1);
            assertThat(requests(pods.get(0), "update")).hasSize(150);
            // Both followers may have sent their names at once; one of them was stored.
            assertThat(stage.server.writes()).isEqualTo(1 + 150 + 1);
            for (SimulatedCandidate follower : pods.subList(1, 3)) {
                assertThat(requests(follower, "create")).isEmpty();
                assertThat(requests(follower, "update")).hasSizeLessThanOrEqualTo(1);
            }
        }

        @Test
        void ofAHandoverAreTheReleaseTheTakingAndTheNaming() {
            startInOrder();
            stage.run(Duration.ofSeconds(5));
            int before = stage.server.writes();
            int reads = stage.server.reads();

            pods.get(0).stop();
            stage.until(AT_ONCE, () -> !pods.get(0).claims());
            stage.until(AT_ONCE, () -> pods.stream().anyMatch(SimulatedCandidate::claims));
            assertThat(stage.server.writes() - before).isEqualTo(2);
            stage.run(Duration.ofSeconds(1));

            assertThat(stage.server.writes() - before).isEqualTo(3);
            assertThat(stage.server.reads()).isEqualTo(reads);
        }
    }

    @Nested
    class ManyCandidates {

        @ParameterizedTest
        @ValueSource(ints = {20, 200})
        void getALeaderAtOnceAfterEachRelease(int candidates) {
            List<SimulatedCandidate> pods = new ArrayList<>();
            for (int i = 0; i < candidates; i++) {
                pods.add(stage.start("pod-" + i));
                stage.run(Duration.ofMillis(1));
            }
            stage.run(Duration.ofSeconds(5));
            int handovers = 10;
            int before = stage.server.conflicts();
            for (int i = 0; i < handovers; i++) {
                SimulatedCandidate leader = pods.stream()
                        .filter(SimulatedCandidate::claims)
                        .findAny()
                        .orElseThrow();
                leader.stop();
                stage.until(AT_ONCE, () -> !leader.claims());
                stage.until(AT_ONCE, () -> pods.stream().anyMatch(SimulatedCandidate::claims));
                stage.run(Duration.ofSeconds(5));
            }
            assertThat(stage.tenures()).hasSize(handovers + 1);
            System.out.printf(
                    "%d candidates: %.1f conflicts per handover%n",
                    candidates, (stage.server.conflicts() - before) / (double) handovers);
        }
    }
}
