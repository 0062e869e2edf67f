package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The metrics of packaged sidecars on a real API server. */
class MetricsIT {

    private static final Duration SETTLED = Duration.ofSeconds(5);
    private static final List<String> REPLICAS = List.of("pod-a", "pod-b");

    private static RealApiServer server;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        server = RealApiServer.shared();
    }

    @Test
    void theNumbersAreThoseThatTheNetworkShows() throws Exception {
        try (Bench bench = Bench.create(server, Path.of("target/bench/metrics"), Timings.DEFAULT, Map.of(), REPLICAS)) {
            long begin = System.nanoTime();
            bench.startAll();
            Wait.pass(SETTLED);
            Replica leader = bench.awaitLeader(Duration.ofSeconds(5));
            Replica follower = bench.replicas().stream()
                    .filter(replica -> replica != leader)
                    .findFirst()
                    .orElseThrow();

            // A follower that has settled asks for nothing more, so both have counted to the end.
            String counted = scrape(follower);
            Map<String, Long> answered = requestsByVerb(counted, false);
            Map<String, Long> seen = leases(follower.api().countsSince(begin));
            // A request that a kept connection does not answer at once, as on a busy machine, is sent twice. One
            // that got no answer at all may not have come to the network.
            Map<String, Long> unanswered = requestsByVerb(counted, true);
            long more = 1 + 2 * unanswered.values().stream().mapToLong(n -> n).sum();
            assertThat(seen.keySet())
                    .containsAll(answered.keySet())
                    .isSubsetOf(Stream.of(answered, unanswered)
                            .flatMap(told -> told.keySet().stream())
                            .toList());
            assertThat(answered).containsKeys("get", "watch");
            answered.forEach((verb, count) ->
                    assertThat(seen.getOrDefault(verb, 0L)).as(verb).isBetween(count, count + more));

            String first = scrape(leader);
            long from = System.nanoTime();
            Wait.pass(SETTLED);
            String second = scrape(leader);
            long sent = leases(leader.api().countsSince(from)).getOrDefault("update", 0L);
            assertThat(sent).isPositive();
            assertThat(acknowledgedRenewals(second) - acknowledgedRenewals(first))
                    .isBetween(sent - 1, sent + 1);
            assertThat(value(second, "leader_election_master_status", "")).isOne();
            assertThat(value(second, "leader_elector_claim_seconds", "")).isBetween(5.0, 10.0);
            assertThat(value(second, "leader_elector_observer_lag_seconds", "observer=\"leader file\""))
                    .isBetween(0.0, 1.0);
            assertThat(value(scrape(follower), "leader_elector_leaderless_seconds", ""))
                    .isZero();
        }
    }

    @Test
    void withAllOutletsOnPromtoolDashboardAndDocumentsAgreeWithTheMetrics() throws Exception {
        Map<String, String> everything = Map.of(
                "LEADER_LABEL", "leader-elector/role=leader",
                "LEADER_SERVICE", "myapp-leader",
                "ON_LEADING_URL", "http://127.0.0.1:1/",
                "ON_FOLLOWING_URL", "http://127.0.0.1:1/");
        try (Bench bench =
                Bench.create(server, Path.of("target/bench/metrics-names"), Timings.DEFAULT, everything, REPLICAS)) {
            bench.startAll();
            String scraped = scrape(bench.awaitLeader(Duration.ofSeconds(5)));

            String dashboard = Files.readString(Path.of("src/main/kubernetes/monitoring/grafana-dashboard.json"));
            assertThat(names("\\b(leader_elect\\w+)", dashboard))
                    .hasSizeGreaterThan(9)
                    .isSubsetOf(names("(?m)^(leader_elect\\w+)", scraped));
            assertThat(names("(?m)^# TYPE (leader_elect\\w+) ", scraped))
                    .filteredOn(name -> !name.endsWith("_max"))
                    .containsExactlyInAnyOrderElementsOf(
                            names("(?m)^\\| `(leader_elect\\w+)[{`]", Files.readString(Path.of("docs/endpoints.md"))));
            String promtool = Programs.need("promtool").toString();
            assertThat(Programs.run(List.of(promtool, "check", "metrics"), scraped, Map.of()))
                    .isEqualTo(new Programs.Ended(0, ""));
        }
    }

    private static Set<String> names(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private String scrape(Replica replica) throws IOException, InterruptedException {
        URI uri = URI.create("http://127.0.0.1:" + replica.httpPort() + "/q/metrics");
        // Prometheus itself asks for more than this, but promtool reads nothing else.
        HttpRequest request =
                HttpRequest.newBuilder(uri).header("Accept", "text/plain").build();
        return http.send(request, BodyHandlers.ofString()).body();
    }

    private static double value(String scrape, String metric, String label) {
        return Pattern.compile("(?m)^" + metric + "\\{[^}]*" + Pattern.quote(label) + "[^}]*} (\\S+)$")
                .matcher(scrape)
                .results()
                .mapToDouble(found -> Double.parseDouble(found.group(1)))
                .findFirst()
                .orElseThrow();
    }

    private static long acknowledgedRenewals(String scrape) {
        return (long) value(scrape, "leader_elector_renewal_seconds_count", "outcome=\"acknowledged\"");
    }

    /** @param unanswered whether to count the requests without an answer, or those with one */
    private static Map<String, Long> requestsByVerb(String scrape, boolean unanswered) {
        return Pattern.compile("(?m)^leader_elector_api_requests_total\\{[^}]*verb=\"(\\w+)\"[^}]*} (\\S+)$")
                .matcher(scrape)
                .results()
                .filter(found -> Double.parseDouble(found.group(2)) > 0)
                .filter(found -> found.group().contains("code=\"none\"") == unanswered)
                .collect(Collectors.toMap(
                        found -> found.group(1),
                        found -> (long) Double.parseDouble(found.group(2)),
                        Long::sum,
                        TreeMap::new));
    }

    private static Map<String, Long> leases(Map<String, Long> requests) {
        return requests.entrySet().stream()
                .filter(request -> request.getKey().endsWith(" leases"))
                .collect(Collectors.toMap(
                        request -> request.getKey().replace(" leases", ""),
                        Map.Entry::getValue,
                        Long::sum,
                        TreeMap::new));
    }
}
