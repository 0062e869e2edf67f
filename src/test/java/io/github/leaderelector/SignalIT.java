package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.FakeApiServer;
import io.github.leaderelector.testkit.JarProcess;
import io.github.leaderelector.testkit.Kubeconfigs;
import io.github.leaderelector.testkit.Wait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Row B7 of the faults: a SIGTERM amid a start that gets hardly any of the processor. */
class SignalIT {

    private static final int PROCESSES = 12;

    @TempDir
    Path folder;

    /**
     * All start at once, so that they starve each other, and each is told to stop at another moment. Other tests that
     * run at the time go first.
     */
    @Test
    void sigtermAmidAStarvedStartEndsItWithStatus0AndLeavesNothingBehind() throws Exception {
        try (FakeApiServer api = new FakeApiServer()) {
            List<JarProcess> all = new ArrayList<>();
            try {
                for (int i = 0; i < PROCESSES; i++) {
                    Path own = Files.createDirectory(folder.resolve("pod-" + i));
                    Kubeconfigs.write(own.resolve("kubeconfig"), api.url(), "prod");
                    all.add(new JarProcess(own, List.of("nice", "-n", "10"), Map.of("IDENTITY", "pod-" + i)));
                }
                for (JarProcess sidecar : all) {
                    Wait.pass(Duration.ofMillis(700));
                    sidecar.terminate();
                }
                for (JarProcess sidecar : all) {
                    // 143 is the JVM's own answer before it has come to our first line, now and then with words of its
                    // own.
                    assertThat(sidecar.status()).as(sidecar.everything()).isIn(0, 143);
                    assertThat(sidecar.stderr()).matches("(Runtime\\.exit\\(143\\) logging failed: .*\\R)?");
                    assertThat(sidecar.leaderFile()).doesNotExist();
                }
            } finally {
                all.forEach(JarProcess::close);
            }
        }
    }
}
