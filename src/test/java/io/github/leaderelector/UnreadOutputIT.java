package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.FakeApiServer;
import io.github.leaderelector.testkit.JarProcess;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Row B2 of the faults: nobody reads what the packaged sidecar writes. */
class UnreadOutputIT {

    private static final Map<String, String> TIMES =
            Map.of("LEASE_DURATION", "3s", "RENEW_DEADLINE", "2s", "RETRY_PERIOD", "500ms");

    /** Fills the pipe, as large as Linux makes it, before the sidecar writes its first byte. */
    private static final String FULL_PIPE = "{ head -c 65536 /dev/zero; %s exec \"$@\"; } | { exec sleep 600; }";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", "exec 2>&1;"})
    void aFailingApiServerAndAFullPipeEndNoElection(String alsoStandardError) throws Exception {
        try (FakeApiServer api = new FakeApiServer()) {
            Kubeconfigs.write(folder.resolve("kubeconfig"), api.url(), "prod");
            List<String> wrapper = List.of("sh", "-c", FULL_PIPE.formatted(alsoStandardError), "-");
            try (JarProcess sidecar = new JarProcess(folder, wrapper, TIMES)) {
                sidecar.awaitLeading(true);
                for (int outage = 0; outage < 2; outage++) {
                    api.answer(500, "etcdserver: request timed out");
                    sidecar.awaitLeading(false);
                    assertThat(sidecar.leaderFile()).doesNotExist();
                    Wait.pass(Duration.ofSeconds(4));
                    api.heal();

                    sidecar.awaitLeading(true);
                    assertThat(sidecar.get("/q/health/live")).contains("\"UP\"");
                }
                sidecar.terminate();

                // That of the pipe's end, which sleeps; the sidecar's is not to be seen.
                Wait.until(
                        Exit.STOP_LIMIT.plusSeconds(2),
                        () -> "It does not stop.",
                        () -> !sidecar.leaderFile().toFile().exists() && !serves(sidecar));
            }
        }
    }

    @Test
    void whatWasWrittenLastIsThereInOrderAfterAnOrderlyEnd() throws Exception {
        try (FakeApiServer api = new FakeApiServer()) {
            Kubeconfigs.write(folder.resolve("kubeconfig"), api.url(), "prod");
            try (JarProcess sidecar = new JarProcess(folder, List.of(), TIMES)) {
                sidecar.awaitLeading(true);
                sidecar.terminate();

                assertThat(sidecar.status()).isZero();
                assertThat(sidecar.stdout()).containsSubsequence("LE-101 pod-a leads", "LE-102 pod-a no longer leads");
                assertThat(sidecar.stdout()).endsWith("\n").doesNotContain("LE-109");
                assertThat(sidecar.stderr()).isEmpty();
            }
        }
    }

    private static boolean serves(JarProcess sidecar) {
        try {
            return !sidecar.get("/leader").isEmpty();
        } catch (java.io.IOException closed) {
            return false;
        }
    }
}
