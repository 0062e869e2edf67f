package io.github.leaderelector.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Bench;
import io.github.leaderelector.testkit.PackagedSidecar;
import io.github.leaderelector.testkit.Programs;
import io.github.leaderelector.testkit.RealApiServer;
import io.github.leaderelector.testkit.Replica;
import io.github.leaderelector.testkit.Timings;
import io.github.leaderelector.testkit.Wait;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Row B1 of the faults: the name server takes questions and never answers one. Needs root, for a file system of its
 * own.
 */
class NameServerFaultsIT {

    private static final String NAME = "sidecar-a";
    private static final String NAME_SERVER = "127.53.0.1";
    private static final Duration WATCHED = Duration.ofSeconds(15);
    private static final Duration SOON = Duration.ofSeconds(1);

    private final Path folder = Path.of("target", "faults-name-server").toAbsolutePath();

    @BeforeAll
    static void needsRoot() {
        RealApiServer.binariesMissing().ifPresent(why -> Assumptions.abort(why));
        Programs.need("unshare");
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root may mount");
    }

    @Test
    void theLeadIsKeptAndHttpAnswersWhileNoNameCanBeLookedUp() throws Exception {
        Map<String, String> settings = Map.of(
                "ON_LEADING_URL", "http://hook.example/",
                "ON_FOLLOWING_URL", "http://hook.example/",
                "APP_HEALTH_URL", "http://app.example/health",
                "APP_HEALTH_FALLBACK", "anyone");
        try (DatagramSocket nobodyReads = new DatagramSocket(new InetSocketAddress(NAME_SERVER, 53));
                RealApiServer server = RealApiServer.start(Path.of("target/name-server-api-server"), List.of(NAME));
                Bench bench = Bench.create(server, folder, Timings.SHORT, settings, List.of(NAME))) {
            Replica replica = bench.replica(NAME);
            replica.run(withResolvConf("nameserver " + NAME_SERVER + "\n"));
            replica.start();
            bench.awaitLeader(Duration.ofSeconds(60));
            HttpClient client = HttpClient.newHttpClient();
            String token = get(client, replica, "/leader").replaceFirst(".*\"fencingToken\":(\\d+).*", "$1");

            long end = System.nanoTime() + WATCHED.toNanos();
            while (System.nanoTime() - end < 0) {
                assertThat(get(client, replica, "/leader")).contains("\"leader\":true", "\"fencingToken\":" + token);
                assertThat(get(client, replica, "/q/health/live")).contains("UP");
                assertThat(bench.files().present()).containsExactly(NAME);
                Wait.pass(Duration.ofMillis(100));
            }

            assertThat(nobodyReads.isBound()).isTrue();
            assertThat(replica.process().said("no name server told the address of 'app.example' within 900 ms"))
                    .isTrue();
            assertThat(replica.process().said("no name server told the address of 'hook.example' within 5000 ms"))
                    .isTrue();
        }
    }

    private static String get(HttpClient client, Replica replica, String path) throws Exception {
        return client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + replica.httpPort() + path))
                                .timeout(SOON)
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** The packaged sidecar, in a file system of its own in which {@code /etc/resolv.conf} is this. */
    private Path withResolvConf(String text) throws IOException {
        Path resolvConf = Files.writeString(folder.resolve("resolv.conf"), text);
        String command =
                PackagedSidecar.command().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        Path script = Files.writeString(
                folder.resolve("sidecar.sh"),
                "#!/bin/sh\nexec unshare --mount sh -c 'mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"' '"
                        + resolvConf + "' " + command + "\n");
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }
}
