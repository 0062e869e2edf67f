package io.github.leaderelector.outlet.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.leaderelector.CollectedLog;
import io.github.leaderelector.leadership.LeadershipHub;
import io.github.leaderelector.leadership.LeaseRef;
import io.github.leaderelector.leadership.ManualTicker;
import io.github.leaderelector.leadership.Observation;
import io.github.leaderelector.leadership.ObservedLease;
import io.github.leaderelector.leadership.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderFileTest {

    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    private final ManualTicker ticker = new ManualTicker();
    private final LeadershipHub hub =
            new LeadershipHub("pod-a", new LeaseRef("prod", "app-lock"), RENEW_DEADLINE, ticker);
    private final CollectedLog log = new CollectedLog(LeaderFile.class);
    private long version;
    private Path path;
    private Path prepared;
    private LeaderFile file;

    @BeforeEach
    void create() {
        path = directory.resolve("leader_status");
        prepared = directory.resolve(".leader_status.prepared");
        file = fileThatAsks(hub::leads);
    }

    @AfterEach
    void stopLogging() {
        log.close();
    }

    @Test
    void aFollowerHasNoFileButOneReadyToBeRenamed() throws IOException {
        tell();

        assertThat(entries()).containsExactly(prepared);
        assertThat(prepared).hasContent("pod-a");
    }

    @Test
    void aLeadersFileHoldsTheIdentityAndNothingElseForEverybodyToRead() throws IOException {
        tell();
        lead();
        tell();

        assertThat(entries()).containsExactly(path);
        assertThat(Files.readString(path)).isEqualTo("pod-a");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void takingTheLeadIsARenameOfWhatWasPrepared() throws IOException {
        tell();
        Object inode = Files.getAttribute(prepared, "unix:ino");
        lead();
        tell();

        assertThat(Files.getAttribute(path, "unix:ino")).isEqualTo(inode);
    }

    @Test
    void takesTheLeadEvenIfNothingWasPrepared() throws IOException {
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void takesTheLeadEvenIfSomebodyRemovedWhatWasPrepared() throws IOException {
        tell();
        Files.delete(prepared);
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void theFileGoesWhenTheClaimEndsAndOneIsMadeReadyAtTheNextTick() throws IOException {
        lead();
        tell();
        ticker.advance(RENEW_DEADLINE);

        tell();
        assertThat(entries()).isEmpty();

        tell();
        assertThat(entries()).containsExactly(prepared);
    }

    @Test
    void whoHasResignedLeavesNothingBehind() throws IOException {
        tell();
        hub.observe(new Observation.ResignRequested(new Reason(Reason.Code.SHUTDOWN, "Stopping.")));
        tell();

        assertThat(entries()).isEmpty();
    }

    @Test
    void theModificationTimeIsWhenTheLastRenewalWasSent() throws IOException {
        tell();
        ticker.advance(Duration.ofSeconds(100));
        lead();
        ticker.advance(Duration.ofSeconds(3));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(100));

        ticker.advance(Duration.ofSeconds(1));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(100));

        lead();
        ticker.advance(Duration.ofSeconds(2));
        tell();
        assertThat(modified()).isEqualTo(Duration.ofSeconds(104));
    }

    @Test
    void aDeletedFileIsRepaired() throws IOException {
        lead();
        tell();
        Files.delete(path);

        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void anEditedFileIsRepaired() throws IOException {
        lead();
        tell();
        Files.writeString(path, "pod-b");
        tell();
        assertThat(path).hasContent("pod-a");

        Files.writeString(path, "pod-a\n");
        tell();
        assertThat(Files.readString(path)).isEqualTo("pod-a");

        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        tell();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void aSymbolicLinkInTheFilesPlaceIsReplacedAndItsTargetLeftAlone() throws IOException {
        Path elsewhere = Files.writeString(directory.resolve("elsewhere"), "pod-a");
        lead();
        tell();
        Files.delete(path);
        Files.createSymbolicLink(path, elsewhere);

        tell();
        assertThat(path).isRegularFile().hasContent("pod-a");
        assertThat(Files.isSymbolicLink(path)).isFalse();

        Files.delete(path);
        Files.createSymbolicLink(path, elsewhere);
        ticker.advance(RENEW_DEADLINE);
        tell();
        assertThat(path).doesNotExist();
        assertThat(elsewhere).exists();
    }

    @Test
    void aFileThatSomebodyMadeWhileWeFollowIsRemoved() throws IOException {
        tell();
        Files.writeString(path, "pod-a");

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void whatAnEarlierProcessLeftBehindIsRemoved() throws IOException {
        Files.writeString(path, "pod-a");
        Files.writeString(prepared, "pod-a");
        Files.writeString(directory.resolve(".leader_status.unfinished"), "po");

        file.removeStale();

        assertThat(entries()).isEmpty();
    }

    @Test
    void aPreparedFileOfAnEarlierProcessIsNotUsed() throws IOException {
        Files.writeString(prepared, "pod-z");
        lead();
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void aClaimThatEndsJustBeforeTheRenameMakesNoFile() throws IOException {
        lead();
        file = fileThatAsks(answers(true, false, false));

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void aClaimThatEndsDuringTheRenameLeavesNoFile() throws IOException {
        lead();
        file = fileThatAsks(answers(true, true, false));

        tell();

        assertThat(path).doesNotExist();
        assertThat(entries()).isEmpty();
    }

    @Test
    void aClaimThatEndsWhileTheFileIsRepairedLeavesNoFile() throws IOException {
        lead();
        file = fileThatAsks(answers(true, true, true, /* next telling */ true, false));
        tell();
        assertThat(path).exists();

        tell();

        assertThat(path).doesNotExist();
    }

    @Test
    void aFileThatCannotBeRemovedIsVitalAndIsTriedAgain() throws IOException {
        lead();
        tell();
        obstruct();
        ticker.advance(RENEW_DEADLINE);
        String sentence = "The leader file '"
                + path
                + "' cannot be removed, though this replica does not lead: a directory that is not"
                + " empty is in its place.";
        assertThat(file.failure()).isEmpty();

        for (int tick = 0; tick < 3; tick++) {
            assertThatThrownBy(this::tell).isInstanceOf(IOException.class).hasMessage(sentence);
            assertThat(file.failure()).contains(sentence);
        }

        clear();
        tell();
        assertThat(file.failure()).isEmpty();
    }

    @Test
    void aStaleFileThatCannotBeRemovedIsAFailureOfTheStart() throws IOException {
        obstruct();

        assertThatThrownBy(file::removeStale).isInstanceOf(IOException.class).hasMessageContaining("cannot be removed");
    }

    @Test
    void aFileThatCannotBeWrittenIsLoggedOnceNotVitalAndTriedAgain() throws IOException {
        tell();
        obstruct();
        lead();
        for (int tick = 0; tick < 3; tick++) {
            tell();
        }
        assertThat(file.failure()).isEmpty();
        assertThat(log.lines())
                .singleElement()
                .asString()
                .startsWith("ERROR LE-301 The leader file '" + path + "' cannot be written: ")
                .endsWith("Until it can, nobody who reads it learns that this replica leads.");

        clear();
        tell();

        assertThat(path).hasContent("pod-a");
        assertThat(log.lines()).hasSize(2);
        assertThat(log.lines().get(1)).isEqualTo("INFO LE-302 The leader file '" + path + "' can be written again.");
    }

    @Test
    void aDirectoryThatIsGoneIsLoggedOnceAndTheFileComesWhenItIsBack() throws IOException {
        path = directory.resolve("gone").resolve("leader");
        file = fileThatAsks(hub::leads);
        tell();
        lead();
        tell();
        assertThat(log.lines())
                .containsExactly("ERROR LE-301 The leader file '"
                        + path
                        + "' cannot be written: its directory does not exist. Until it can, nobody who"
                        + " reads it learns that this replica leads.");

        Files.createDirectory(path.getParent());
        tell();

        assertThat(path).hasContent("pod-a");
    }

    @Test
    void withoutAPathItDoesNothing() throws IOException {
        file = new LeaderFile(null, "pod-a", hub::leads, ticker);
        file.removeStale();
        lead();
        tell();

        assertThat(entries()).isEmpty();
        assertThat(file.failure()).isEmpty();
    }

    private LeaderFile fileThatAsks(BooleanSupplier leads) {
        return new LeaderFile(path, "pod-a", leads, ticker);
    }

    private static BooleanSupplier answers(Boolean... answers) {
        Deque<Boolean> left = new ArrayDeque<>(List.of(answers));
        return left::remove;
    }

    private void tell() throws IOException {
        file.onLeadership(hub.current());
    }

    private void lead() {
        version++;
        hub.observe(new Observation.WriteAcknowledged(
                new ObservedLease("pod-a", 1, version, ticker.wallTime(), ticker.nanoTime(), ticker.nanoTime()),
                ticker.now()));
    }

    /** Puts something in the file's place that a rename cannot replace and a delete not remove. */
    private void obstruct() throws IOException {
        Files.deleteIfExists(path);
        Files.createDirectory(path);
        Files.createFile(path.resolve("obstacle"));
    }

    private void clear() throws IOException {
        Files.delete(path.resolve("obstacle"));
        Files.delete(path);
    }

    private Duration modified() throws IOException {
        return Duration.between(
                ManualTicker.START, Files.getLastModifiedTime(path).toInstant());
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        }
    }
}
