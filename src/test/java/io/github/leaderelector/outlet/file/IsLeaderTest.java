package io.github.leaderelector.outlet.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.leaderelector.testkit.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The check for shells, in each shell of this machine. */
class IsLeaderTest {

    private static final String SCRIPT =
            Path.of("src", "main", "sh", "is-leader").toAbsolutePath().toString();

    private static final int LEADS = 0;
    private static final int DOES_NOT_LEAD = 1;
    private static final int WRONG_USAGE = 2;

    @TempDir
    Path directory;

    private Path file;
    private String said;

    @BeforeEach
    void nameTheFile() {
        file = directory.resolve("leader status");
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox", "dash", "bash"})
    void aPodLeadsWhileItsFileIsYoungerThanTheRenewDeadline(String shell) throws IOException {
        modified(0);
        assertThat(isLeader(shell, file.toString())).isEqualTo(LEADS);

        modified(-5);
        assertThat(isLeader(shell, file.toString())).isEqualTo(LEADS);
        assertThat(isLeader(shell, file.toString(), "5")).isEqualTo(DOES_NOT_LEAD);

        modified(-10);
        assertThat(isLeader(shell, file.toString())).isEqualTo(DOES_NOT_LEAD);
        assertThat(isLeader(shell, file.toString(), "20")).isEqualTo(LEADS);
        assertThat(said).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox", "dash", "bash"})
    void aPodWithoutAFileDoesNotLead(String shell) throws IOException {
        assertThat(isLeader(shell, file.toString())).isEqualTo(DOES_NOT_LEAD);

        Files.createDirectory(file);
        assertThat(isLeader(shell, file.toString())).isEqualTo(DOES_NOT_LEAD);
        assertThat(said).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox", "dash", "bash"})
    void aFileFromBeforeTheClockWasSetBackDoesNotCount(String shell) throws IOException {
        modified(10);
        assertThat(isLeader(shell, file.toString())).isEqualTo(DOES_NOT_LEAD);

        modified(3600);
        assertThat(isLeader(shell, file.toString())).isEqualTo(DOES_NOT_LEAD);
    }

    @ParameterizedTest
    @ValueSource(strings = {"busybox", "dash", "bash"})
    void wrongUsageIsToldInOneSentence(String shell) throws IOException {
        modified(0);

        assertThat(isLeader(shell, file.toString(), "10s")).isEqualTo(WRONG_USAGE);
        assertThat(said).isEqualTo("is-leader: SECONDS is '10s'; it must be a number from 1 to 99999, such as '10'.\n");
        for (String seconds : List.of("", "0", "-1", "010", "1.5", "100000")) {
            assertThat(isLeader(shell, file.toString(), seconds))
                    .as("SECONDS '%s'", seconds)
                    .isEqualTo(WRONG_USAGE);
        }

        assertThat(isLeader(shell, "--help")).isEqualTo(WRONG_USAGE);
        assertThat(said)
                .isEqualTo("is-leader: FILE is '--help'; it must be the path of the leader file, such as"
                        + " '/tmp/leader_status'.\n");
        assertThat(isLeader(shell, "")).isEqualTo(WRONG_USAGE);

        assertThat(isLeader(shell, file.toString(), "10", "more")).isEqualTo(WRONG_USAGE);
        assertThat(said).isEqualTo("is-leader: there are 3 arguments; it must be at most 2: FILE and SECONDS.\n");
    }

    private void modified(int secondsFromNow) throws IOException {
        if (Files.notExists(file)) {
            Files.writeString(file, "pod-a");
        }
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(secondsFromNow)));
    }

    private int isLeader(String shell, String... arguments) throws IOException {
        Path program = Programs.need(shell);
        boolean busybox = shell.equals("busybox");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        if (busybox) {
            command.add("sh");
        }
        command.add(SCRIPT);
        command.addAll(List.of(arguments));
        // Only its own stat and date, as in an image that has nothing else.
        Map<String, String> environment =
                busybox ? Map.of("PATH", onlyBusybox(program).toString()) : Map.of();
        Programs.Ended ended = Programs.run(command, "", environment);
        said = ended.output();
        return ended.status();
    }

    private Path onlyBusybox(Path busybox) throws IOException {
        Path applets = directory.resolve("applets");
        if (Files.notExists(applets)) {
            Files.createDirectory(applets);
            for (String applet : List.of("stat", "date")) {
                Files.copy(busybox, applets.resolve(applet), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return applets;
    }
}
