package io.github.leaderelector.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.ProcessCost;
import io.github.leaderelector.testkit.Rbac;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What a node pays for many sidecars: the sum of what each process has in proportion ({@code Pss}), in which a page
 * that all of them share counts once. One kind after the other, each with candidates for one Lease.
 */
class NodeBench {

    private static final int PROCESSES = Integer.getInteger("bench.many", 30);
    private static final Duration WARM = Duration.ofSeconds(Integer.getInteger("bench.warm", 180));
    private static final double KIB_PER_MIB = 1024;

    private static RealApiServer server;

    @BeforeAll
    static void startServer() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        List<String> users = Stream.of(Contestant.values())
                .flatMap(c -> IntStream.range(0, PROCESSES).mapToObj(i -> user(c, i)))
                .toList();
        server = RealApiServer.start(Path.of("target/bench/node-api-server"), users);
    }

    @AfterAll
    static void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void memoryOfMany() {
        Map<Contestant, List<ProcessCost>> costs = new EnumMap<>(Contestant.class);
        for (Contestant contestant : Contestant.values()) {
            costs.put(contestant, costsOfMany(contestant));
        }
        report("memory (Pss)", costs, ProcessCost::pss);
        report("anonymous memory", costs, ProcessCost::anonymous);
        report("memory that files back", costs, ProcessCost::file);
    }

    private static List<ProcessCost> costsOfMany(Contestant contestant) {
        List<Racer> racers = new ArrayList<>();
        try {
            for (int i = 0; i < PROCESSES; i++) {
                String name = user(contestant, i);
                String lease =
                        "node-" + contestant.name().toLowerCase(Locale.ROOT).replace('_', '-');
                new Rbac(server.admin(), "default", lease).grant(name);
                Racer racer = new Racer(contestant, server, Path.of("target/bench/node"), name, "default", lease);
                racers.add(racer);
                racer.start();
                // One after the other, as pods come to a node; the first one leads.
                if (i == 0) {
                    racer.awaitLead();
                }
            }
            Wait.pass(WARM);
            assertThat(racers).filteredOn(Racer::leads).hasSize(1);
            return racers.stream()
                    .map(racer -> ProcessCost.of(racer.process().pid()))
                    .toList();
        } finally {
            racers.forEach(Racer::close);
        }
    }

    private static void report(
            String what, Map<Contestant, List<ProcessCost>> costs, ToLongFunction<ProcessCost> figure) {
        Report.add(
                what + " of " + PROCESSES + " on one node",
                mebibytes(costs.get(Contestant.SIDECAR), figure),
                mebibytes(costs.get(Contestant.CLIENT_GO), figure),
                "MiB");
    }

    private static double mebibytes(List<ProcessCost> costs, ToLongFunction<ProcessCost> figure) {
        return costs.stream().mapToLong(figure).sum() / KIB_PER_MIB;
    }

    private static String user(Contestant contestant, int number) {
        return "node-" + contestant.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + number;
    }
}
