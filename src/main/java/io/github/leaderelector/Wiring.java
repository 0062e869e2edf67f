package io.github.leaderelector;

import io.github.leaderelector.apphealth.AppHealthWatch;
import io.github.leaderelector.config.Environment;
import io.github.leaderelector.config.InvalidSettingsException;
import io.github.leaderelector.config.LeaderElectorConfig;
import io.github.leaderelector.config.Readiness;
import io.github.leaderelector.config.Settings;
import io.github.leaderelector.config.UnknownSettings;
import io.github.leaderelector.election.Election;
import io.github.leaderelector.election.ElectionSettings;
import io.github.leaderelector.election.Timings;
import io.github.leaderelector.kubernetes.AccessStore;
import io.github.leaderelector.leadership.Candidacy;
import io.github.leaderelector.leadership.ElectionListener;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.log.LogFields;
import io.github.leaderelector.text.ForeignText;
import io.quarkus.runtime.Quarkus;
import io.vertx.core.Vertx;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;

/** Makes the beans that belong to no other package: clocks, settings, hub, and the parts that need several packages. */
final class Wiring {

    private static final Logger LOG = Logger.getLogger(Wiring.class);

    private static final Duration SECOND = Duration.ofSeconds(1);

    // Not private: the container would need reflection.
    Wiring() {}

    @Produces
    @Singleton
    static Ticker ticker() {
        return Ticker.system();
    }

    @Produces
    @Singleton
    static Settings settings(LeaderElectorConfig config) {
        UnknownSettings.among(
                        ConfigProvider.getConfig().getPropertyNames(),
                        System.getenv().keySet())
                .forEach(sentence -> LOG.warnf("LE-401 %s", sentence));
        List<String> ignored = Environment.ignored(System.getenv().keySet());
        if (!ignored.isEmpty()) {
            LOG.warnf(
                    "LE-403 Ignored in the environment: %s. Of the variables of Quarkus only levels of the log have an"
                            + " effect.",
                    ForeignText.of(String.join(", ", ignored)));
        }
        Settings settings = Settings.of(config);
        if (settings.readiness() == Readiness.LEADER) {
            LOG.warn("LE-402 READINESS is 'leader': only the leader's pod becomes ready, so that a rolling update of a"
                    + " Deployment never completes; set LEADER_LABEL instead, or ask /q/health/group/leader.");
        }
        return settings;
    }

    /** The access to the API server, as the environment of this process configures it. */
    @Produces
    @Singleton
    static AccessStore access(Ticker ticker) {
        String home = System.getenv().getOrDefault("HOME", System.getProperty("user.home"));
        try {
            return AccessStore.of(System.getenv(), Path.of(home), ticker);
        } catch (IllegalArgumentException unsupported) {
            throw new InvalidSettingsException(List.of(String.valueOf(unsupported.getMessage())));
        }
    }

    static void close(@Disposes AccessStore access) {
        access.close();
    }

    @Produces
    @Singleton
    static LeadershipHub hub(Settings settings, AccessStore access, Ticker ticker, LogFields logFields) {
        String namespace = settings.namespace().orElseGet(() -> access.leaseNamespace(Wiring::startAnew));
        LeadershipHub hub = new LeadershipHub(
                settings.identity(), new LeaseRef(namespace, settings.leaseName()), settings.renewDeadline(), ticker);
        logFields.signWith(hub.current());
        return hub;
    }

    /** A Lease's name is fixed for the life of a process: in a wrong namespace there may be a second leader. */
    private static void startAnew(String namespace) {
        LOG.errorf(
                "LE-224 The access to the API server could not be read at the start; now it can be, and its namespace is"
                        + " '%s': this process ends, so that it is started anew with that.",
                ForeignText.name(namespace));
        Quarkus.asyncExit(Exit.FAILED);
    }

    @Produces
    @Singleton
    static Election election(
            Settings settings,
            AccessStore access,
            Vertx vertx,
            LeadershipHub hub,
            Ticker ticker,
            ElectionListener listener) {
        Timings timings = new Timings(settings.leaseDuration(), settings.renewDeadline(), settings.retryPeriod());
        ElectionSettings election = new ElectionSettings(
                hub.current().lease(), settings.identity(), settings.podName(), timings, settings.drain());
        return Election.on(access, vertx, election, hub, ticker, listener);
    }

    @Produces
    @Singleton
    static Participation participation(Election election) {
        return new Participation() {
            @Override
            public void start() {
                election.start();
            }

            @Override
            public void stop(Reason reason) {
                election.stop(reason);
            }

            @Override
            public void close() {
                election.close();
            }
        };
    }

    /** The watch on the application's health; empty unless {@code APP_HEALTH_URL} is set. */
    @Produces
    @Singleton
    static Optional<AppHealthWatch> appHealth(
            Settings settings, LeadershipHub hub, Candidacy candidacy, Ticker ticker, Vertx vertx) {
        return settings.appHealth()
                .map(health -> new AppHealthWatch(health, settings.leaseDuration(), hub, candidacy, ticker, vertx));
    }

    /** A timer of Vert.x, which uses the monotonic clock. */
    @Produces
    @Singleton
    static Consumer<Runnable> everySecond(Vertx vertx) {
        return task -> {
            var unused = vertx.setPeriodic(SECOND.toMillis(), timer -> task.run());
        };
    }
}
