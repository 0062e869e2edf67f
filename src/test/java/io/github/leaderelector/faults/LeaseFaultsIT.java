package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.HttpFaultProxy.Exchange;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Span;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody lays hands on the Lease, or on the permission to it. */
@ParameterizedClass(name = "{0}")
@MethodSource("timings")
class LeaseFaultsIT {

    private static final Duration AFTER_LEASE_DURATION = Duration.ofMillis(150);
    private static final Duration LEADS_AFTER_GRANT = Duration.ofSeconds(5);

    private static Scene scene;

    static List<Timings> timings() {
        return Form.timings(Timings.SHORT);
    }

    /** Declared so that JUnit passes it on to {@link #startReplicas}. */
    @Parameter
    Timings timings;

    @BeforeParameterizedClassInvocation
    static void startReplicas(Timings timings) {
        scene = Scene.ofThree("lease", timings);
    }

    @AfterParameterizedClassInvocation
    static void stopReplicas() {
        if (scene != null) {
            scene.close();
        }
    }

    static Stream<Arguments> hands() {
        Consumer<Resource<Lease>> delete = Resource::delete;
        Consumer<Resource<Lease>> emptySpec = lease -> edit(lease, spec -> new LeaseSpec());
        Consumer<Resource<Lease>> noHolder = lease -> edit(lease, spec -> {
            spec.setHolderIdentity("");
            return spec;
        });
        Consumer<Resource<Lease>> overwrite = lease -> edit(lease, spec -> {
            spec.setHolderIdentity("intruder");
            spec.setRenewTime(ZonedDateTime.now(ZoneOffset.UTC));
            return spec;
        });
        return Stream.of(
                Arguments.of("deleted", delete),
                Arguments.of("emptied (spec {})", emptySpec),
                Arguments.of("emptied (holder \"\")", noHolder),
                Arguments.of("overwritten", overwrite));
    }

    /** Writes it whatever happens: the leader renews all the time. */
    private static void edit(Resource<Lease> lease, UnaryOperator<LeaseSpec> change) {
        Lease present = lease.get();
        LeaseSpec spec = change.apply(present.getSpec());
        lease.patch(
                io.fabric8.kubernetes.client.dsl.base.PatchContext.of(
                        io.fabric8.kubernetes.client.dsl.base.PatchType.JSON),
                replaceSpec(spec));
    }

    private static String replaceSpec(LeaseSpec spec) {
        String value = io.fabric8.kubernetes.client.utils.Serialization.asJson(
                new LeaseBuilder().withSpec(spec).build().getSpec());
        return "[{\"op\":\"replace\",\"path\":\"/spec\",\"value\":" + value + "}]";
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hands")
    void aLeaseTamperedWithHasOneLeaderAgainAndNeverTwo(String what, Consumer<Resource<Lease>> hand) {
        Replica leader = scene.begin("Lease " + what);
        scene.awaitRenewal(leader);
        scene.bench().history().mark("Lease is " + what);
        long done = System.nanoTime();
        hand.accept(scene.bench()
                .admin()
                .leases()
                .inNamespace(scene.bench().namespace())
                .withName(Bench.LEASE));
        Duration limit = scene.timings().leaseDuration().plus(AFTER_LEASE_DURATION);
        Wait.pass(limit.plus(Duration.ofSeconds(1)));
        List<Span> files = scene.filesOfScenario()
                .sorted(Comparator.comparingLong(s -> s.from() - scene.from()))
                .toList();
        String story;
        Duration back;
        Span first = files.get(0);
        if (files.size() == 1) {
            story = leader.name() + " led on without a break";
            back = Duration.ZERO;
        } else {
            back = Duration.ofNanos(files.get(1).from() - done);
            story = "the claim ended after %.0f ms, a leader (%s) after %.0f ms"
                    .formatted(
                            Scene.millis(first.to() - done),
                            files.get(1).replica().equals(leader.name()) ? "the same" : "another",
                            Scene.millis(back));
        }
        scene.settle();
        scene.conclude("Lease " + what, story);
        assertThat(files.size()).as(story).isLessThanOrEqualTo(2);
        assertThat(back).isLessThanOrEqualTo(scene.allowing(limit));
    }

    @Test
    void withoutPermissionsTheLeaderStepsDownSaysWhatIsMissingAndLeadsAgainWhenItHasThem() {
        Replica leader = scene.begin("permissions revoked");
        List<Replica> all = scene.bench().replicas();
        try (ReadinessWatch readiness = new ReadinessWatch(leader)) {
            scene.awaitRenewal(leader);
            scene.bench().history().mark("revoke");
            all.forEach(r -> scene.bench().rbac().revoke(r.name()));
            long revoked = System.nanoTime();
            Wait.until(
                    Duration.ofSeconds(10),
                    () -> "Nothing was refused.",
                    () -> Scene.writes(leader, revoked).anyMatch(e -> e.status().getNow(0) == 403));
            Exchange last = scene.lastAcknowledged(leader);
            String ended = scene.claimEndsInTime(leader, last, readiness);
            Wait.pass(scene.timings().leaseDuration().multipliedBy(2));
            assertThat(scene.bench().files().present()).isEmpty();
            List<String> said = leader.process().lines().stream()
                    .filter(l -> l.nanos() - revoked > 0)
                    .map(l -> l.text())
                    .filter(t -> t.contains("Not allowed to"))
                    .toList();
            assertThat(said)
                    .as(() -> leader.process().tail())
                    .anyMatch(t -> t.contains("update leases.coordination.k8s.io") && t.contains("Role"));
            scene.bench().history().mark("grant");
            long granted = System.nanoTime();
            all.forEach(r -> scene.bench().rbac().grant(r.name()));
            Replica next = scene.bench().awaitLeader(Duration.ofSeconds(20));
            Duration back = Duration.ofNanos(scene.lastFile(next).from() - granted);
            scene.settle();
            scene.conclude(
                    "permissions revoked, then granted",
                    ended
                            + "; a leader %.0f ms after the grant; %d lines say what is missing"
                                    .formatted(Scene.millis(back), said.size()));
            assertThat(back).isLessThanOrEqualTo(scene.allowing(LEADS_AFTER_GRANT));
        }
    }
}
