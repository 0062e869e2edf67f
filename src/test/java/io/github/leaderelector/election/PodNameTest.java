package io.github.leaderelector.election;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodNameTest {

    @ParameterizedTest
    @CsvSource({
        "web-7d4b9c8f6-x2kfj,web",
        "web-api-7d4b9c8f6-x2kfj,web-api",
        "web-5f8c7d9b44-9vwxz,web",
        "nightly-29384750-x2kfj,nightly",
        "agent-x2kfj,agent",
        "db-0,db",
        "db-2-11,",
        "my-db-11,my-db",
        "import-3,import"
    })
    void allPodsOfAWorkloadTellTheSameName(String pod, String workload) {
        assertThat(PodName.of(pod).workload().orElse(null)).isEqualTo(workload);
    }

    @Test
    void podsOfADeploymentTellTheirRevision() {
        assertThat(PodName.of("web-7d4b9c8f6-x2kfj").revision()).contains("web-7d4b9c8f6");
        assertThat(PodName.of("agent-x2kfj").revision()).isEmpty();
        assertThat(PodName.of("db-0").revision()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "web", "laptop", "ip-10-0-1-2", "ip-10-0-1-2.eu-west-1.compute.internal", "pod-a"})
    void otherNamesTellNothing(String pod) {
        assertThat(PodName.of(pod)).isEqualTo(new PodName(Optional.empty(), Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-very-long-name-of-a-deployment-that-was-cut-in-its-hash-x2kfj"})
    void aNameThatMayHaveBeenCutTellsNothing(String pod) {
        assertThat(pod).hasSize(63);
        assertThat(PodName.of(pod)).isEqualTo(new PodName(Optional.empty(), Optional.empty()));
    }
}
