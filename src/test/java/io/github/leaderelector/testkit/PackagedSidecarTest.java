package io.github.leaderelector.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.List;
import org.junit.jupiter.api.Test;

class PackagedSidecarTest {

    @Test
    void withoutAnExecutableItIsTheJvm() {
        assertThat(PackagedSidecar.executable("")).isEmpty();
    }

    @Test
    void theExecutableThatIsNamedIsTaken() {
        assertThat(PackagedSidecar.executable("/bin/sh"))
                .hasValueSatisfying(p -> assertThat(p).isExecutable());
    }

    @Test
    void anExecutableThatIsNotThereIsNotReplacedByTheJvm() {
        assertThatIllegalStateException()
                .isThrownBy(() -> PackagedSidecar.executable("/nonexistent/leader-elector"))
                .withMessage(
                        "-Dsidecar.executable names /nonexistent/leader-elector, which is not an executable file.");
    }

    @Test
    void optionsComeBehindThoseOfTheJvm() {
        assertThat(PackagedSidecar.with(" -Xmx32m  -Xss1m ", List.of("java", "-Xmx24m", "-jar", "a.jar")))
                .containsExactly("java", "-Xmx24m", "-Xmx32m", "-Xss1m", "-jar", "a.jar");
    }

    @Test
    void optionsAreArgumentsOfAnExecutable() {
        assertThat(PackagedSidecar.with("-Xmx32m", List.of("/leader-elector")))
                .containsExactly("/leader-elector", "-Xmx32m");
    }
}
