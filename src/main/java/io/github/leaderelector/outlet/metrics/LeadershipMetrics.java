package io.github.leaderelector.outlet.metrics;

import io.github.leaderelector.leadership.Leadership;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeadershipObserver;
import io.github.leaderelector.leadership.Reason;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.leadership.Transition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Metrics of leadership. {@link #onLeadership} is for one thread at a time; scrapes may come on any thread. */
@Singleton
public final class LeadershipMetrics implements LeadershipObserver {

    private static final double NANOS_PER_SECOND = 1e9;

    private final LeadershipHub hub;
    private final Ticker ticker;
    private final MeterRegistry registry;
    private final Map<Reason.Code, Counter> transitions = new EnumMap<>(Reason.Code.class);
    private final Set<String> observers = new HashSet<>();
    private long counted;

    /** Registers its meters with {@code registry}. */
    public LeadershipMetrics(LeadershipHub hub, Ticker ticker, MeterRegistry registry) {
        this.hub = hub;
        this.ticker = ticker;
        this.registry = registry;
        Gauge.builder("leader_election_master_status", this, LeadershipMetrics::status)
                .description("1 while this replica leads, else 0; named as client-go names it")
                .register(registry);
        Gauge.builder("leader_elector_claim", this, LeadershipMetrics::claimSeconds)
                .description("How long this replica may go on leading without a further renewal")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("leader_elector_leaderless", this, LeadershipMetrics::leaderlessSeconds)
                .description("How long no leader has been known")
                .baseUnit("seconds")
                .register(registry);
        for (Reason.Code code : Reason.Code.values()) {
            transitions.put(
                    code,
                    Counter.builder("leader_elector_transitions")
                            .description("Changes of leadership that this replica has seen, by reason")
                            .tag("reason", code.name().toLowerCase(Locale.ROOT))
                            .register(registry));
        }
    }

    /** Counts the changes since the last call, and registers gauges for new observers. */
    @Override
    public void onLeadership(Leadership leadership) {
        hub.observers().stream().filter(observers::add).forEach(this::registerLag);
        for (Transition transition : hub.transitions(counted)) {
            counted = transition.sequence();
            Counter counter = transitions.get(transition.after().reason().code());
            if (counter != null) {
                counter.increment();
            }
        }
    }

    private void registerLag(String observer) {
        Gauge.builder("leader_elector_observer_lag", hub, told -> seconds(told.lag(observer)))
                .description("How long after a change an outlet had applied it, or has not yet")
                .tag("observer", observer)
                .baseUnit("seconds")
                .register(registry);
    }

    private double status() {
        return hub.leads() ? 1 : 0;
    }

    private double claimSeconds() {
        return seconds(hub.current().validFor(ticker.now()));
    }

    private double leaderlessSeconds() {
        return seconds(hub.current().leaderlessFor(ticker.now()));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / NANOS_PER_SECOND;
    }
}
