package io.github.leaderelector.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.github.leaderelector.answer.LeaderAnswer;
import io.github.leaderelector.answer.StatusAnswer;
import io.github.leaderelector.config.SettingsFixture;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.Observation.LeaseSeen;
import io.github.leaderelector.leadership.Observation.WriteAcknowledged;
import io.github.leaderelector.leadership.Observation.Writer;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Ticker;
import io.github.leaderelector.outlet.http.LeaderResource;
import io.github.leaderelector.outlet.http.StatusResource;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What is called often: by probes and by applications that ask whether they lead. All of it on a leader. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class Calls {

    /** The classes that Quarkus makes at build time, and that the packaged application starts with. */
    private static final Path MADE_BY_QUARKUS = Path.of("target/quarkus-app/quarkus/generated-bytecode.jar");

    private final Ticker ticker = Ticker.system();
    private final LeadershipHub hub = leading(ticker);
    private final LeaderResource leader = new LeaderResource(hub, ticker);
    private final StatusResource status = new StatusResource(hub, SettingsFixture.settings(Map.of()), ticker);
    private final ObjectWriter json = asShipped().writer();

    /** Leads for longer than any benchmark runs, after as many changes as the hub remembers. */
    private static LeadershipHub leading(Ticker ticker) {
        Duration forLong = Duration.ofDays(1);
        LeadershipHub hub = new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), forLong, ticker);
        long now = ticker.nanoTime();
        for (int term = 0; term < 100; term++) {
            ObservedLease others = new ObservedLease(
                    "pod-" + term, term, 1_000 + term, ticker.wallTime(), now, now + forLong.toNanos());
            hub.observe(new LeaseSeen(others, Writer.OTHER, true));
        }
        ObservedLease ours = new ObservedLease("pod-a", 100, 1_100, ticker.wallTime(), now, now + forLong.toNanos());
        hub.observe(new WriteAcknowledged(ours, ticker.now()));
        if (!hub.leads()) {
            throw new IllegalStateException("It does not lead: " + hub.current());
        }
        return hub;
    }

    /** The mapper with the serializers that GET /leader and GET /status use in the packaged application. */
    private static ObjectMapper asShipped() {
        try {
            // Open for as long as this process lives.
            ClassLoader loader =
                    new URLClassLoader(new URL[] {MADE_BY_QUARKUS.toUri().toURL()}, Calls.class.getClassLoader());
            SimpleModule made = new SimpleModule();
            for (Class<?> type : new Class<?>[] {
                LeaderAnswer.class, LeaderAnswer.LeaseName.class, StatusAnswer.class, StatusAnswer.Change.class
            }) {
                made.addSerializer((StdSerializer<?>) loader.loadClass(type.getName() + "$quarkusjacksonserializer")
                        .getDeclaredConstructor()
                        .newInstance());
            }
            return new ObjectMapper().registerModule(made);
        } catch (ReflectiveOperationException | MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether this replica leads, as health checks ask. */
    @Benchmark
    public boolean leads() {
        return hub.leads();
    }

    /** What GET /leader answers, before it is text. */
    @Benchmark
    public LeaderAnswer leaderAnswer() {
        return leader.leader();
    }

    /** The body of GET /leader. */
    @Benchmark
    public byte[] leaderAnswerAsJson() throws JsonProcessingException {
        return json.writeValueAsBytes(leader.leader());
    }

    /** The body of GET /status, with as many changes as are ever in it. */
    @Benchmark
    public byte[] statusAnswerAsJson() throws JsonProcessingException {
        return json.writeValueAsBytes(status.status());
    }
}
