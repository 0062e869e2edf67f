package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.Outlet.Kind;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation.ResignRequested;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Phase;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.outlet.file.LeaderFile;
import io.github.leaderelector.outlet.log.LogFields;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The composition that is shipped, with the hub and the file of it, on an election that does what the test says. */
class LifecycleTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private final ManualTicker ticker = new ManualTicker();
    private final List<String> done = new ArrayList<>();
    private final List<Outlet> outlets = new ArrayList<>();
    private Path path;
    private LeadershipHub hub;
    private CompletableFuture<Void> told;
    private Runnable everySecond;
    private Lifecycle lifecycle;

    private final Participation election = new Participation() {
        @Override
        public void start() {
            done.add("campaign");
        }

        @Override
        public void stop(Reason reason) {
            hub.observe(new ResignRequested(reason));
            told = hub.told();
            done.add("release");
        }

        @Override
        public void close() {
            done.add("close");
        }
    };

    @BeforeEach
    void compose() {
        path = directory.resolve("leader_status");
        Settings settings = SettingsFixture.settings(Map.of("LEADER_FILE", path.toString()));
        hub = Wiring.hub(settings, AccessStore.of(Map.of(), directory, ticker), ticker, new LogFields());
        outlets.add(new Outlets().file(new LeaderFile(settings, hub, ticker)));
        lifecycle = new Lifecycle(hub, election, outlets, Optional.empty(), second -> everySecond = second, ticker);
    }

    @AfterEach
    void endThreads() {
        outlets.forEach(Outlet::close);
    }

    @Test
    void theClaimIsAsLongAsTheRenewDeadline() {
        start();
        lead();

        ticker.advance(RENEW_DEADLINE.minusNanos(1));
        assertThat(hub.leads()).isTrue();
        ticker.advance(Duration.ofNanos(1));
        assertThat(hub.leads()).isFalse();
    }

    @Test
    void theFirstCampaignWaitsUntilTheFileOfAnEarlierLifeIsGone() throws Exception {
        Files.writeString(path, "pod-a");
        outlets.add(report("report", leadership -> {}));
        boolean[] gone = new boolean[1];
        outlets.set(0, watched(outlets.get(0), () -> gone[0] = !done.contains("campaign") && Files.notExists(path)));

        start();

        assertThat(gone[0]).isTrue();
        assertThat(done).containsExactly("campaign");
    }

    @Test
    void theLeaseIsNotReleasedBeforeTheFileIsGone() throws Exception {
        start();
        lead();
        inTime(hub.told());
        assertThat(path).hasContent("pod-a");
        Files.delete(path);
        Path obstacle = Files.createFile(Files.createDirectory(path).resolve("obstacle"));

        lifecycle.handOver(new ShutdownDelayInitiatedEvent());

        assertThat(told).isNotDone();
        Files.delete(obstacle);
        hub.retell();
        inTime(told);
        assertThat(path).doesNotExist();
    }

    @Test
    void signsAreToldBeforeReportsAndWhatIsOffNever() {
        outlets.add(report("report", leadership -> done.add("report")));
        outlets.add(new Outlet("sign", Kind.SIGN, Runnable::run, leadership -> done.add("sign")));
        outlets.add(Outlet.off("off"));

        start();

        assertThat(done).containsExactly("sign", "report", "campaign");
        assertThat(hub.observers()).containsExactly("leader file", "sign", "report");
    }

    @Test
    void outletsAreFlushedOnceAfterTheRelease() {
        outlets.add(new Outlet("report", Kind.REPORT, Runnable::run, leadership -> {}, () -> {
            done.add("last words of " + hub.current().phase());
            return CompletableFuture.completedFuture(null);
        }));
        start();

        lifecycle.handOver(new ShutdownDelayInitiatedEvent());
        lifecycle.stop(new ShutdownEvent());

        assertThat(done).containsExactly("campaign", "release", "last words of " + Phase.RESIGNED, "close");
    }

    @Test
    void whatFailedHalfWayInItsStartIsReleasedToo() {
        lifecycle.stop(new ShutdownEvent());

        assertThat(done).containsExactly("release", "close");
    }

    @Test
    void theTickTellsAllOutletsAgainAlsoWithoutTheScheduler() {
        outlets.add(report("report", leadership -> done.add("told")));
        start();
        done.clear();

        lifecycle.tick();
        assertThat(done).containsExactly("told");

        ticker.advance(Duration.ofSeconds(3));
        everySecond.run();
        assertThat(done).containsExactly("told");

        ticker.advance(Duration.ofSeconds(1));
        everySecond.run();
        assertThat(done).containsExactly("told", "told");
    }

    private void start() {
        lifecycle.start(new StartupEvent());
    }

    private void lead() {
        hub.observe(new WriteAcknowledged(
                new ObservedLease("pod-a", 1, 1, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
    }

    private static Outlet report(String name, LeadershipObserver observer) {
        return new Outlet(name, Kind.REPORT, Runnable::run, observer);
    }

    /** The same, but {@code after} is run each time that it was told. */
    private static Outlet watched(Outlet outlet, Runnable after) {
        return new Outlet(outlet.name(), outlet.kind(), outlet.executor(), leadership -> {
            outlet.observer().onLeadership(leadership);
            after.run();
        });
    }

    private static void inTime(CompletableFuture<Void> done) throws Exception {
        done.get(10, TimeUnit.SECONDS);
    }
}
