package io.github.leaderelector.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {

    @ParameterizedTest
    @CsvSource({
        "15, PT15S",
        "15s, PT15S",
        "1.5, PT1.5S",
        "1.5s, PT1.5S",
        "500ms, PT0.5S",
        "1m30s, PT1M30S",
        "1h0.5m, PT1H30S",
        "250us, PT0.00025S",
        "250µs, PT0.00025S",
        "7ns, PT0.000000007S",
        "PT15S, PT15S",
        "pt1m, PT1M",
        "' 15s ', PT15S",
        "0, PT0S",
    })
    void readsWhatUsersOfGoAndJavaWrite(String text, Duration duration) {
        assertThat(Durations.parse(text)).contains(duration);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "s",
                "15 s",
                "15x",
                "-15s",
                "PT-15S",
                "1e3",
                "1.",
                ".5s",
                "15s1",
                "1s-1s",
                "15S",
                "999999999999h",
                "PT",
                "١٥s",
            })
    void rejectsOtherNotations(String text) {
        assertThat(Durations.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PT15S, 15s", "PT0.5S, 500ms", "PT4.4S, 4.4s", "PT1M40S, 100s", "PT0S, 0s"})
    void writesWhatItCanRead(Duration duration, String text) {
        assertThat(Durations.format(duration)).isEqualTo(text);
        assertThat(Durations.parse(text)).contains(duration);
    }
}
