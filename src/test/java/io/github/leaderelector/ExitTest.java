package io.github.leaderelector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.leaderelector.config.LeaderElectorConfig;
import io.github.leaderelector.config.SettingsValidator;
import io.quarkus.runtime.QuarkusBindException;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.ConfigValidationException.Problem;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExitTest {

    @TempDir
    Path directory;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Test
    void wrongSettingsAreListedWithStatus78() {
        Throwable wrong = catchThrowable(() -> {
            SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                    .addDefaultInterceptors()
                    .withMapping(LeaderElectorConfig.class)
                    .withDefaultValue("READINESS", "x");
            new SettingsValidator().configBuilder(builder);
            builder.build();
        });

        Exit.Outcome outcome = Exit.outcomeOf(new IllegalStateException(wrong));

        assertThat(outcome.status()).isEqualTo(78);
        assertThat(outcome.lines())
                .containsExactly(
                        "leader-elector: 2 settings are wrong:",
                        "LEASE_NAME is not set; it must name the Lease that the replicas compete for, such as"
                                + " 'my-app'.",
                        "READINESS is 'x'; it must be 'always' or 'leader'.");
    }

    @Test
    void whatQuarkusSaysOfItsOwnSettingsIsOneLineEachWithStatus78() {
        Exit.Outcome outcome = Exit.outcomeOf(
                new ConfigValidationException(new Problem[] {new Problem("The config property quarkus.x\n is wrong")}));

        assertThat(outcome)
                .isEqualTo(new Exit.Outcome(
                        78,
                        java.util.List.of(
                                "leader-elector: 1 setting is wrong:", "The config property quarkus.x is wrong")));
    }

    @Test
    void aPortInUseIsNamedWithStatus1() {
        Exit.Outcome outcome = Exit.outcomeOf(new RuntimeException(
                new QuarkusBindException("0.0.0.0", 4040, new BindException("Address already in use"))));

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.lines())
                .containsExactly("leader-elector: HTTP_PORT is 4040, which another process of this pod listens on;"
                        + " choose a free port from 1 to 65535.");
    }

    @Test
    void aPortForRootOnlyIsNamedWithStatus1() {
        Exit.Outcome outcome =
                Exit.outcomeOf(new QuarkusBindException("0.0.0.0", 80, new BindException("Permission denied")));

        assertThat(outcome.lines())
                .containsExactly(
                        "leader-elector: HTTP_PORT is 80, which this user may not listen on; choose a port from"
                                + " 1024 to 65535.");
    }

    @Test
    void anyOtherFailureTellsItsRootCauseInOneLineWithStatus1() {
        Exit.Outcome outcome = Exit.outcomeOf(new RuntimeException("outer", new IOException("two\n  lines ")));

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.lines()).containsExactly("leader-elector: could not start: two lines");
        assertThat(Exit.outcomeOf(new NullPointerException()).lines())
                .containsExactly("leader-elector: could not start: NullPointerException");
    }

    @Test
    void aStopThatHangsIsEndedWithAReason() throws IOException {
        Path message = Files.createFile(directory.resolve("termination-log"));

        assertThat(exit(message).awaitStop(Duration.ZERO)).isEqualTo(1);

        String line = "leader-elector: stopping took longer than 0 s; the process was cut off.";
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualToIgnoringNewLines(line);
        assertThat(message).hasContent(line);
    }

    @Test
    void aTerminationMessagePathThatDoesNotExistIsLeftAlone() {
        Path message = directory.resolve("termination-log");

        assertThat(exit(message).awaitStop(Duration.ZERO)).isEqualTo(1);

        assertThat(message).doesNotExist();
    }

    /** Row B7 of the faults: under load the start may take longer than a stop may. */
    @Test
    void whoHasBegunNothingEndsWithStatus0HoweverSlowTheStart() throws IOException {
        Path message = Files.createFile(directory.resolve("termination-log"));

        assertThat(exit(message, Optional.empty()).awaitStop(Duration.ZERO)).isZero();

        assertThat(err.size()).isZero();
        assertThat(message).isEmptyFile();
    }

    @Test
    void whatALibraryQuotesIsNotTold() {
        Exit.Outcome outcome = Exit.outcomeOf(new IllegalStateException("Bearer c4n4ry\nis refused"));

        assertThat(outcome.lines()).containsExactly("leader-elector: could not start: Bearer *** is refused");
    }

    private Exit exit(Path terminationMessage) {
        return exit(terminationMessage, Optional.of(Duration.ZERO));
    }

    private Exit exit(Path terminationMessage, Optional<Duration> drain) {
        return new Exit(new PrintStream(err, true, StandardCharsets.UTF_8), terminationMessage, () -> drain, () -> {});
    }
}
