package io.github.leaderelector.outlet.health;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.outlet.FrozenTime;
import io.github.leaderelector.outlet.OutletDriver;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(FrozenTime.class)
class ProbesIT {

    private final OutletDriver driver;

    ProbesIT(OutletDriver driver) {
        this.driver = driver;
    }

    @Test
    void aFollowerIsAliveReadyAndStartedButNotInTheLeaderGroup() {
        driver.follow("pod-b");

        assertThat(status("/q/health/live")).isEqualTo("200 alive");
        assertThat(status("/q/health/ready")).isEqualTo("200 ready");
        assertThat(status("/q/health/started")).isEqualTo("200 started");
        assertThat(status("/q/health/group/leader")).isEqualTo("503 leader");
        assertThat(status("/q/health")).isEqualTo("200 alive, ready, started");
    }

    @Test
    void aLeaderIsInTheLeaderGroup() {
        driver.lead();

        assertThat(status("/q/health/group/leader")).isEqualTo("200 leader");
        assertThat(status("/q/health/live")).isEqualTo("200 alive");
        assertThat(status("/q/health/ready")).isEqualTo("200 ready");
    }

    @Test
    void anAnswerTellsTheReason() {
        driver.follow("pod-b");

        assertThat(given().get("/q/health/group/leader").jsonPath().getString("checks[0].data.reason"))
                .isEqualTo("'pod-b' holds the Lease.");
    }

    private static String status(String path) {
        Response response = given().get(path);
        return response.statusCode()
                + " "
                + String.join(
                        ", ",
                        response.jsonPath().getList("checks.name", String.class).stream()
                                .sorted()
                                .toList());
    }
}
