package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.Kustomize;
import io.github.leaderelector.testkit.Postgres;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.SidecarProcess;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The examples, each beside two packaged sidecars on a real API server, as their manifests set them up. */
class ExamplesIT {

    private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();
    private static final Path FOLDER = Path.of("target", "examples").toAbsolutePath();
    private static final List<String> REPLICAS = List.of("example-a", "example-b");
    /**
     * As by default, but three times as fast. The margin between the first two is longer than a worker takes to stop.
     */
    private static final Timings TIMINGS =
            new Timings(Duration.ofSeconds(6), Duration.ofSeconds(3), Duration.ofMillis(700));

    private static final Duration SOON = Duration.ofSeconds(15);
    /** Longer than anybody waits here: a handover that takes so long was not shortened by the worker. */
    private static final Duration DRAIN = Duration.ofSeconds(60);

    private static RealApiServer server;

    private final Map<String, SidecarProcess> applications = new LinkedHashMap<>();

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.start(FOLDER.resolve("api-server"), REPLICAS);
        server.admin()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("restricted")
                        .addToLabels("pod-security.kubernetes.io/warn", "restricted")
                        .endMetadata()
                        .build())
                .create();
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @AfterEach
    void stopApplications() {
        applications.values().forEach(SidecarProcess::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "stream", "quarkus", "fencing"})
    void theApiServerTakesTheManifestsAndTheirPodsMeetTheRestrictedStandard(String example) throws IOException {
        Path kubeconfig = server.kubeconfig(FOLDER.resolve("kubeconfig"), RealApiServer.ADMIN);

        Programs.Ended applied = Programs.run(
                List.of(
                        Kustomize.kubectl(),
                        "--kubeconfig=" + kubeconfig,
                        "apply",
                        "--namespace=restricted",
                        "--dry-run=server",
                        "--validate=strict",
                        "-k",
                        EXAMPLES.resolve(example).toString()),
                "",
                Map.of());

        assertThat(applied.status()).as(applied.output()).isZero();
        assertThat(applied.output())
                .contains("deployment.apps/myapp created (server dry run)")
                .doesNotContain("Warning");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "busybox sh"})
    void theShellWorkerRunsWithTheLeadAndStopsWithIt(String shell) {
        String[] words = shell.split(" ", -1);
        Programs.need(words[0]);
        Programs.need("wget");
        try (Bench bench = bench("file-" + words[0], DRAIN)) {
            Journal journal = new Journal(bench);
            for (Replica replica : bench.replicas()) {
                List<String> command = new ArrayList<>(List.of(words));
                command.add(EXAMPLES.resolve("file").resolve("while-leading").toString());
                command.addAll(journal.worker(replica));
                start(
                        replica,
                        command,
                        Map.of(
                                "LEADER_FILE", replica.file().toString(),
                                "RENEW_DEADLINE",
                                        String.valueOf(TIMINGS.renewDeadline().toSeconds()),
                                "PATH", Path.of("src/main/sh").toAbsolutePath() + ":" + System.getenv("PATH")));
            }
            runsWithTheLead(bench, journal);
        }
    }

    @Test
    void theStreamWorkerRunsWithTheLeadAndStopsWithIt() {
        Path python = Programs.need("python3");
        try (Bench bench = bench("stream", DRAIN)) {
            Journal journal = new Journal(bench);
            for (Replica replica : bench.replicas()) {
                List<String> command = new ArrayList<>(List.of(
                        python.toString(),
                        EXAMPLES.resolve("stream").resolve("while_leading.py").toString()));
                command.addAll(journal.worker(replica));
                start(replica, command, Map.of());
            }
            runsWithTheLead(bench, journal);
            assertThat(journal.tokens())
                    .as("FENCING_TOKEN")
                    .isSortedAccordingTo(Comparator.naturalOrder())
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aFrozenSidecarStopsTheStreamWorkerWhenItsClaimEnds() {
        Path python = Programs.need("python3");
        try (Bench bench = bench("stream-frozen", DRAIN)) {
            Journal journal = new Journal(bench);
            Replica frozen = bench.awaitLeader(SOON);
            List<String> command = new ArrayList<>(List.of(
                    python.toString(),
                    EXAMPLES.resolve("stream").resolve("while_leading.py").toString()));
            command.addAll(journal.worker(frozen));
            start(frozen, command, Map.of());
            journal.await("start " + frozen.name());

            frozen.freeze();
            long since = System.nanoTime();
            journal.await("stop " + frozen.name());

            assertThat(Duration.ofNanos(System.nanoTime() - since)).isLessThan(TIMINGS.leaseDuration());
            frozen.thaw();
        }
    }

    @Test
    void theQuarkusApplicationRunsItsJobsInTheLeadersPodOneAfterTheOther() throws IOException {
        Programs.Ended built = Programs.run(
                List.of("./mvnw", "-B", "-ntp", "-q", "-f", "examples/quarkus", "package"),
                "",
                Map.of("JAVA_HOME", System.getProperty("java.home")),
                Duration.ofMinutes(5));
        assertThat(built.status()).as(built.output()).isZero();
        try (Bench bench = bench("quarkus", Duration.ofSeconds(2))) {
            for (Replica replica : bench.replicas()) {
                start(
                        replica,
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-jar",
                                EXAMPLES.resolve("quarkus/target/quarkus-app/quarkus-run.jar")
                                        .toString()),
                        Map.of("QUARKUS_REST_CLIENT_LEADER_ELECTOR_URL", "http://127.0.0.1:" + replica.httpPort()));
            }
            Replica first = bench.awaitLeader(SOON);
            awaitJobOf(first);
            first.terminate();
            Replica second = bench.awaitLeaderOtherThan(first, SOON);
            awaitJobOf(second);
            first.process().awaitExit(SOON);
            first.start();
            first.awaitServing(SOON);
            second.process().kill();
            awaitJobOf(first);

            List<Job> jobs = jobs();
            for (int i = 1; i < jobs.size(); i++) {
                assertThat(jobs.get(i).begin())
                        .as("the begin of %s", jobs.get(i))
                        .isGreaterThan(jobs.get(i - 1).end());
                assertThat(jobs.get(i).token())
                        .isGreaterThanOrEqualTo(jobs.get(i - 1).token());
            }
            assertThat(jobs.stream().map(Job::who).distinct()).hasSize(2);
        }
    }

    @Test
    void theDatabaseRefusesTheLateWriteOfAFormerLeader() throws IOException {
        Programs.need("wget");
        try (Postgres database = Postgres.start();
                Bench bench = bench("fencing", Duration.ZERO)) {
            assertThat(database.sql(schema()).output()).isEmpty();
            Replica former = bench.awaitLeader(SOON);
            Path late = Files.writeString(FOLDER.resolve("late"), "");
            for (Replica replica : bench.replicas()) {
                Map<String, String> environment = new HashMap<>(database.environment());
                environment.put("LEASE_NAME", Bench.LEASE);
                String work = replica == former ? "while [ -e " + late + " ]; do sleep 0.1; done; date" : "date";
                start(
                        replica,
                        List.of(EXAMPLES.resolve("fencing/fenced-writer").toString(), "sh", "-c", work),
                        environment);
            }
            String leads = "fenced-writer: this pod leads, token ";
            String itsToken = awaitLine(former, leads);

            former.terminate();
            Replica next = bench.awaitLeaderOtherThan(former, SOON);
            String nextToken = awaitLine(next, "fenced-writer: written with token ");
            Files.delete(late);

            assertThat(awaitLine(former, "fenced-writer: not written with token "))
                    .isEqualTo(itsToken);
            assertThat(applications
                            .get(former.name())
                            .said("a later leader of bench has written: token " + itsToken + " is too old"))
                    .isTrue();
            assertThat(Long.parseLong(nextToken)).isGreaterThan(Long.parseLong(itsToken));
            assertThat(database.sql("SELECT DISTINCT token FROM result").output())
                    .isEqualToIgnoringWhitespace(nextToken);
        }
    }

    /** A leader that has begun to write is waited for, so that what it writes is not later than the next one's. */
    @Test
    void theFirstWriteOfTheNextLeaderWaitsForTheLastOfTheFormer() throws Exception {
        try (Postgres database = Postgres.start()) {
            assertThat(database.sql(schema()).output()).isEmpty();
            String write =
                    "SELECT fence('l', %1$d);%2$s INSERT INTO result (token, writer, line) VALUES (%1$d, '', '');";
            Thread former = new Thread(() -> {
                try {
                    database.sql("BEGIN;" + write.formatted(1, "SELECT pg_sleep(1);") + "COMMIT;");
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            former.start();
            Wait.until(
                    SOON,
                    () -> "The former leader does not write.",
                    () -> database.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                            .output()
                            .startsWith("1"));

            assertThat(database.sql("BEGIN;" + write.formatted(2, "") + "COMMIT;")
                            .status())
                    .isZero();
            former.join();

            assertThat(database.sql("SELECT token FROM result ORDER BY id").output())
                    .isEqualToIgnoringWhitespace("1 2");
            assertThat(database.sql(write.formatted(1, "")).output()).contains("token 1 is too old");
        }
    }

    /** The lead goes from one to the other and back by SIGTERM, and once more because a sidecar is killed. */
    private void runsWithTheLead(Bench bench, Journal journal) {
        Replica first = bench.awaitLeader(SOON);
        Replica second = bench.replicas().stream()
                .filter(replica -> replica != first)
                .findFirst()
                .orElseThrow();
        journal.await("start " + first.name());

        first.terminate();
        journal.await("stop " + first.name(), "start " + second.name());
        first.process().awaitExit(SOON);
        first.start();
        first.awaitServing(SOON);

        second.terminate();
        journal.await("stop " + second.name(), "start " + first.name());
        second.process().awaitExit(SOON);
        second.start();
        second.awaitServing(SOON);

        // Its file stays behind.
        first.process().kill();
        journal.await("stop " + first.name(), "start " + second.name());

        applications.get(second.name()).terminate();
        assertThat(applications.get(second.name()).awaitExit(SOON)).isZero();
        journal.await("stop " + second.name());
    }

    private static Bench bench(String name, Duration drain) {
        Bench bench = Bench.create(
                server, FOLDER.resolve("example-" + name), TIMINGS, Map.of("DRAIN", drain.toSeconds() + "s"), REPLICAS);
        bench.startAll();
        return bench;
    }

    private void start(Replica replica, List<String> command, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(environment);
        all.put("SIDECAR", "http://127.0.0.1:" + replica.httpPort());
        all.put("STOP_SECONDS", "1");
        Path log = FOLDER.resolve(replica.name() + ".application.log");
        applications.put(replica.name(), SidecarProcess.start(new SidecarProcess.Spec(command, all, log), 0));
    }

    /** Waits for a line that begins with {@code begin}; returns the rest of it. */
    private String awaitLine(Replica replica, String begin) {
        Supplier<Stream<String>> found = () -> applications.get(replica.name()).lines().stream()
                .map(SidecarProcess.Line::text)
                .filter(line -> line.startsWith(begin));
        Wait.until(
                SOON,
                () -> "No '" + begin + "' from " + replica.name() + ":\n"
                        + applications.get(replica.name()).tail(),
                () -> found.get().findAny().isPresent());
        return found.get().findFirst().orElseThrow().substring(begin.length());
    }

    private static String schema() throws IOException {
        return Files.readString(EXAMPLES.resolve("fencing").resolve("schema.sql"));
    }

    /** One run of the Quarkus application's job. */
    private record Job(String who, long token, long begin, long end) {}

    private void awaitJobOf(Replica replica) {
        long now = System.nanoTime();
        Wait.until(
                SOON.plus(TIMINGS.leaseDuration()),
                () -> "No job of " + replica.name() + ":\n"
                        + applications.get(replica.name()).tail(),
                () -> jobs().stream().anyMatch(job -> job.who().equals(replica.name()) && job.begin() > now));
    }

    private List<Job> jobs() {
        Pattern line = Pattern.compile("Job (begins|ends), token (\\d+)\\.");
        List<Job> jobs = new ArrayList<>();
        applications.forEach((who, application) -> {
            long begin = 0;
            for (SidecarProcess.Line said : application.lines()) {
                var job = line.matcher(said.text());
                if (!job.find()) {
                    continue;
                }
                if (job.group(1).equals("begins")) {
                    begin = said.nanos();
                } else {
                    jobs.add(new Job(who, Long.parseLong(job.group(2)), begin, said.nanos()));
                }
            }
        });
        jobs.sort(Comparator.comparingLong(Job::begin));
        return jobs;
    }

    /** The starts and stops of the examples' workers, in order, as the workers write them. */
    private static final class Journal {

        private final Path file;
        private int read;

        Journal(Bench bench) {
            file = FOLDER.resolve(bench.namespace() + ".journal");
            try {
                Files.writeString(file, "");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The command of a worker that writes it. */
        List<String> worker(Replica replica) {
            String script = """
                trap 'echo "stop %1$s" >> %2$s; exit 0' TERM
                echo "start %1$s ${FENCING_TOKEN-}" >> %2$s
                while true; do sleep 0.1 & wait $!; done
                """.formatted(replica.name(), file);
            return List.of("sh", "-c", script);
        }

        private List<String> lines() {
            try {
                return Files.readAllLines(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Waits until the next lines begin like these, and fails when another comes. */
        void await(String... expected) {
            for (String next : expected) {
                Wait.until(SOON, () -> "No '" + next + "' in " + lines(), () -> lines().size() > read);
                assertThat(lines().get(read)).startsWith(next);
                read++;
            }
        }

        List<Long> tokens() {
            return lines().stream()
                    .filter(line -> line.startsWith("start "))
                    .map(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                    .toList();
        }
    }
}
